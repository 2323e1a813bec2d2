import http from 'node:http';
import { text } from 'node:stream/consumers';

import { CreateBucketCommand, HeadObjectCommand, PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { sendRaw } from '../resources/elbv2/load-balancer/rig.ts';
import { startTestEndpoint, type TestEndpoint } from '../../support/endpoint.ts';

const edgePort = 8123;
const shop = 'https://shop.example.com';
const Bucket = 'uploads';
let endpoint: TestEndpoint;
let s3: S3Client;
beforeAll(async () => {
  endpoint = await startTestEndpoint(edgePort);
  s3 = new S3Client(endpoint.clientConfig);
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new CreateBucketCommand({ Bucket: 'closed' }));
  await s3.send(
    new PutBucketCorsCommand({
      Bucket,
      CORSConfiguration: {
        CORSRules: [{ AllowedOrigins: [shop], AllowedMethods: ['POST', 'PUT'], AllowedHeaders: ['x-amz-*'] }],
      },
    }),
  );
  const queues = new SQSClient(endpoint.clientConfig);
  await queues.send(new CreateQueueCommand({ QueueName: 'orders' }));
  queues.destroy();
  const secrets = new SecretsManagerClient(endpoint.clientConfig);
  await secrets.send(new CreateSecretCommand({ Name: 'token', SecretString: 'hidden' }));
  secrets.destroy();
});
afterAll(async () => {
  s3.destroy();
  await endpoint.stop();
});

/** Sends headers that `fetch` would set itself. */
async function send(method: string, path: string, headers: Record<string, string>, body: string | Buffer = '') {
  const { port } = new URL(endpoint.url);
  const sent = http.request({ host: '127.0.0.1', port, method, path, headers });
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject).end(body);
  });
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const own = () => new URL(endpoint.url).host;
const json = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ListQueues' };
const secret = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' };

async function form(key: string): Promise<{ type: string; body: Buffer }> {
  const data = new FormData();
  data.set('key', key);
  data.set('file', new Blob(['x']), 'a.png');
  const encoded = new Response(data);
  return { type: encoded.headers.get('content-type') ?? '', body: Buffer.from(await encoded.arrayBuffer()) };
}

async function upload(headers: Record<string, string>, bucket = Bucket) {
  const { type, body } = await form('a.png');
  return send('POST', `/${bucket}`, { 'content-type': type, ...headers }, body);
}

describe('only names of this machine are accepted as Host, against DNS rebinding', () => {
  test.each([
    ['evil.example', 403],
    ['evil.example:4566', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example', 403],
    ['localhost', 200],
    ['127.8.9.10:4566', 200],
    ['[::1]:4566', 200],
    ['sqs.eu-central-1.localhost:4566', 200],
  ])('a request to the Host %s is a %i', async (host, status) => {
    expect((await send('POST', '/', { ...json, host }, '{}')).status).toBe(status);
  });

  test('any other gets a problem that says why', async () => {
    const response = await send('POST', '/', { ...secret, host: 'evil.example' }, '{"SecretId":"token"}');
    expect(response.status).toBe(403);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(response.body).detail).toMatch(/^The Host header is "evil.example", .* Use http:\/\/127.0.0.1:/);
    expect(response.body).not.toContain('hidden');
  });

  test('any other is refused on every path, also one that does not exist', async () => {
    for (const path of ['/', '/_aws/ses', '/health', '/_fauxqs/queues', '/uploads/a', '/a/b/c'])
      expect({ path, ...(await send('GET', path, { host: 'evil.example' })) }).toMatchObject({ path, status: 403 });
    expect((await send('PATCH', '/a', { host: 'evil.example' })).status).toBe(403);
  });
});

test('two Host headers are a 400', async () => {
  const bytes = 'GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
  expect(await sendRaw(Number(new URL(endpoint.url).port), bytes)).toMatch(/^HTTP\/1.1 400 /);
});

test('a cross-site form cannot send a message, a mail or read a secret', async () => {
  const callers: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'http://localhost:9999', 'sec-fetch-site': 'same-site' },
    // The shop itself, if it is under attack.
    { origin: `http://127.0.0.1:${edgePort}`, 'sec-fetch-site': 'same-site' },
    { origin: shop },
    { origin: endpoint.url, 'sec-fetch-site': 'same-origin' },
  ];
  for (const headers of callers) {
    expect((await send('POST', '/', { ...json, ...headers }, '{}')).status).toBe(403);
    expect((await send('POST', '/', { ...secret, ...headers }, '{"SecretId":"token"}')).status).toBe(403);
    const mail = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
    expect((await send('POST', '/', mail, 'Action=ListIdentities')).status).toBe(403);
    expect((await send('POST', `/${Bucket}`, mail, 'Action=ListIdentities')).status).toBe(403);
  }
});

test('a page that was uploaded, or is of another server on this machine, cannot read mails or use another service', async () => {
  for (const site of ['same-origin', 'same-site']) {
    const page = { 'sec-fetch-site': site };
    expect((await send('GET', '/_aws/ses', page)).status).toBe(403);
    expect((await send('POST', '/', { ...secret, ...page }, '{"SecretId":"token"}')).status).toBe(403);
    expect((await send('GET', `/${Bucket}`, page)).status).toBe(200);
  }
});

test('a request that a person typed into the address bar is served', async () => {
  expect((await send('GET', '/_aws/ses', { 'sec-fetch-site': 'none' })).status).toBe(200);
});

describe('an upload by presigned POST', () => {
  test.each(['127.0.0.1', 'localhost', 'shop.localhost'])(
    'from the page of the edge at %s is stored, and the page may read the response',
    async (host) => {
      const headers = { origin: `http://${host}:${edgePort}`, 'sec-fetch-site': 'cross-site' };
      const response = await upload(headers);
      expect(response.status).toBe(204);
      expect(response.headers['access-control-allow-origin']).toBe(headers.origin);
      await s3.send(new HeadObjectCommand({ Bucket, Key: 'a.png' }));
    },
  );

  test('from an origin that the bucket declares is stored, and the page may read the response', async () => {
    const response = await upload({ origin: shop, 'sec-fetch-site': 'cross-site' });
    expect(response.status).toBe(204);
    expect(response.headers['access-control-allow-origin']).toBe(shop);
  });

  test('to the virtual host of a bucket is stored', async () => {
    const { type, body } = await form('b.png');
    const host = `${Bucket}.localhost:4566`;
    expect((await send('POST', '/', { host, origin: shop, 'content-type': type }, body)).status).toBe(204);
  });

  test('from any other origin, or to a bucket that does not declare it, is refused', async () => {
    expect((await upload({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await upload({ origin: `http://127.0.0.1:${edgePort + 1}` })).status).toBe(403);
    expect((await upload({ origin: shop }, 'closed')).status).toBe(403);
  });
});

test('the preflight request of a browser follows the CORS rules of the bucket', async () => {
  const ask = (origin: string, method: string, headers: string) =>
    send('OPTIONS', `/${Bucket}/key`, {
      host: own(),
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': headers,
    });
  const allowed = await ask(shop, 'PUT', 'X-Amz-Meta-A, x-amz-date');
  expect(allowed).toMatchObject({
    status: 200,
    headers: { 'access-control-allow-origin': shop, 'access-control-allow-headers': 'X-Amz-Meta-A, x-amz-date' },
  });
  expect((await ask(shop, 'DELETE', '')).status).toBe(403);
  expect((await ask(shop, 'PUT', 'content-type')).status).toBe(403);
  expect((await ask('https://evil.example', 'PUT', '')).status).toBe(403);
});
