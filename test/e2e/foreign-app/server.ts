import { createServer } from 'node:http';

import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import pg from 'pg';

const { PORT, QUEUE_URL, BUCKET: Bucket, DATABASE_SECRET = '{}', GREETING } = process.env;
const { host, port, username: user, password, dbname: database } = JSON.parse(DATABASE_SECRET);
const pool = new pg.Pool({ host, port, user, password, database, ssl: true });
const s3 = new S3Client({ forcePathStyle: true });
const sqs = new SQSClient();

/** Uses the database, the bucket and the queue once. */
async function note(text: string) {
  const { rows } = await pool.query('select upper($1) as text', [text]);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'note', Body: rows[0].text }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'note' }));
  await sqs.send(new SendMessageCommand({ QueueUrl: QUEUE_URL, MessageBody: text }));
  return { greeting: GREETING, stored: await Body?.transformToString() };
}

createServer((request, response) => {
  if (request.method === 'GET') {
    response.end('ok');
    return;
  }
  note(new URL(request.url ?? '/', 'http://localhost').searchParams.get('text') ?? '').then(
    (result) => response.end(JSON.stringify(result)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
}).listen(PORT);
process.on('SIGTERM', () => process.exit(0));
