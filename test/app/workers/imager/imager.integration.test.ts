import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { ImageProcessed } from '../../../../app/contracts/image-processed.ts';
import { maxUploadBytes } from '../../../../app/contracts/upload.ts';
import { startConsumer } from '../../../../app/kit/consumer.ts';
import { connectDatabase } from '../../../../app/kit/database.ts';
import { payloadOf, type Event } from '../../../../app/kit/events.ts';
import { handleUpload, type HandlerParts } from '../../../../app/workers/imager/handler.ts';
import { createObjects } from '../../../../app/workers/imager/objects.ts';
import { createProcessedStore, type ImagerTables } from '../../../../app/workers/imager/store.ts';
import { parseNotification, type Upload } from '../../../../app/workers/imager/upload.ts';
import { makeVariants } from '../../../../app/workers/imager/variants.ts';
import type { Task } from '../../../../app/kit/task.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { startTestEndpoint, type TestEndpoint } from '../../../support/endpoint.ts';
import { eventually } from '../../../support/eventually.ts';
import { silentTask } from '../../../support/task.ts';
import { photo } from './files.ts';

const Bucket = 'uploads';
let served: TestDatabase<'imager'>;
let endpoint: TestEndpoint;
let s3: S3Client;
let sqs: SQSClient;
let task: Task<unknown>;
let parts: HandlerParts;
let jpeg: Buffer;

beforeAll(async () => {
  [served, endpoint] = await Promise.all([createDatabase('imager'), startTestEndpoint()]);
  s3 = new S3Client(endpoint.clientConfig);
  sqs = new SQSClient(endpoint.clientConfig);
  await s3.send(new CreateBucketCommand({ Bucket }));
  const connections = silentTask(served.config.imager);
  task = connections;
  parts = {
    objects: createObjects(s3, Bucket),
    store: createProcessedStore(connectDatabase<ImagerTables>(connections)),
    makeVariants,
    log: connections.log,
  };
  jpeg = await photo(1000, 500).jpeg().toBuffer();
});
afterAll(async () => {
  await task.stop();
  s3.destroy();
  sqs.destroy();
  await endpoint.stop();
  await served.drop();
});
beforeEach(() => adminQuery(served, 'TRUNCATE imager.processed, imager.outbox'));

/** Puts a file into the bucket, as the form of a browser does. */
async function upload(Body: Buffer): Promise<Upload> {
  const [userId, imageId] = [randomUUID(), randomUUID()];
  const key = `originals/${userId}/${imageId}`;
  await s3.send(new PutObjectCommand({ Bucket, Key: key, Body }));
  return { key, userId, imageId };
}

/** What was published. */
async function results() {
  const events = await adminQuery(served, 'SELECT id, type, at::text, payload FROM imager.outbox ORDER BY id');
  return events.map((event) => payloadOf(event as unknown as Event, ImageProcessed));
}

async function keysOf({ imageId }: Upload): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `media/${imageId}/` }));
  return Contents.map(({ Key = '' }) => Key);
}

test('the variants of an upload are in the bucket, for good, and published with their sizes', async () => {
  const uploaded = await upload(jpeg);
  await handleUpload(parts, uploaded);
  const [{ variants, ...result } = { variants: [] }] = await results();
  const { userId, imageId } = uploaded;
  expect(result).toEqual({ userId, imageId, status: 'ready' });
  expect(variants.map(({ contentType, width, height }) => [contentType, width, height])).toEqual(
    [320, 800, 1000].flatMap((width) => [
      ['image/webp', width, width / 2],
      ['image/jpeg', width, width / 2],
    ]),
  );
  for (const { key, contentType, width, height } of variants) {
    expect(key).toMatch(new RegExp(`^media/${imageId}/${width}-[\\da-f]{16}\\.(?:webp|jpg)$`));
    const { Body, ContentType, CacheControl } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
    expect([ContentType, CacheControl]).toEqual([contentType, 'public, max-age=31536000, immutable']);
    expect(await sharp(await Body!.transformToByteArray()).metadata()).toMatchObject({ width, height });
  }
});

test.each([
  ['is no image', async () => Buffer.from('<svg/>'), 'The file is no JPEG'],
  ['is damaged', async () => jpeg.subarray(0, jpeg.length / 2), 'The image is damaged.'],
  ['is too large', async () => Buffer.alloc(maxUploadBytes + 1), 'The file has more than 10 MB.'],
])('an upload that %s is rejected with the reason, and makes nothing', async (_what, make, reason) => {
  const uploaded = await upload(await make());
  await handleUpload(parts, uploaded);
  expect(await results()).toEqual([
    expect.objectContaining({ status: 'rejected', variants: [], reason: expect.stringContaining(reason) }),
  ]);
  expect(await keysOf(uploaded)).toEqual([]);
});

test('an upload that is gone is left alone', async () => {
  const uploaded = await upload(jpeg);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: uploaded.key }));
  await handleUpload(parts, uploaded);
  expect(await results()).toEqual([]);
});

test('deliveries that are repeated, also at once, publish one result', async () => {
  const uploaded = await upload(jpeg);
  await Promise.all([1, 2, 3].map(() => handleUpload(parts, uploaded)));
  await handleUpload(parts, uploaded);
  expect(await results()).toHaveLength(1);
  expect(await keysOf(uploaded)).toHaveLength(6);
});

test('another file with the same key changes nothing', async () => {
  const uploaded = await upload(jpeg);
  await handleUpload(parts, uploaded);
  const before = await keysOf(uploaded);
  await s3.send(new PutObjectCommand({ Bucket, Key: uploaded.key, Body: 'no image' }));
  await handleUpload(parts, uploaded);
  expect([await results(), await keysOf(uploaded)]).toEqual([[expect.objectContaining({ status: 'ready' })], before]);
});

test('killed at any step, the next delivery ends in the same state', async () => {
  const uploaded = await upload(jpeg);
  await handleUpload(parts, uploaded);
  const [[expected], keys] = [await results(), await keysOf(uploaded)];
  let steps = 0;
  for (let dieAt = 1; ; dieAt += 1) {
    await adminQuery(served, 'TRUNCATE imager.processed, imager.outbox');
    steps = 0;
    const step =
      <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
      async (...args: A) => {
        steps += 1;
        if (steps === dieAt) throw new Error('killed before');
        const result = await work(...args);
        steps += 1;
        if (steps === dieAt) throw new Error('killed after');
        return result;
      };
    const { objects, store } = parts;
    const dying: HandlerParts = {
      ...parts,
      objects: { read: step(objects.read), write: step(objects.write) },
      store: { has: step(store.has), add: step(store.add) },
    };
    const died = await handleUpload(dying, uploaded).then(
      () => false,
      (error: Error) => error.message.startsWith('killed'),
    );
    await handleUpload(parts, uploaded);
    expect([await results(), await keysOf(uploaded)]).toEqual([[expected], keys]);
    if (!died) break;
  }
  // has, read, six variants, add: each killed before and after.
  expect(steps).toBe(18);
});

test('S3 that is down is no fault of the image: it is tried again', async () => {
  const uploaded = await upload(jpeg);
  const down = createObjects(new S3Client({ ...endpoint.clientConfig, endpoint: 'http://127.0.0.1:1' }), Bucket);
  await expect(handleUpload({ ...parts, objects: down }, uploaded)).rejects.toThrow('ECONNREFUSED');
  expect(await results()).toEqual([]);
});

test('an upload reaches the worker by the queue, and a message that is no notification ends dead without harm to it', async () => {
  const { QueueUrl: deadUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'imager-dead' }));
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: 'arn:aws:sqs:eu-central-1:000000000000:imager-dead',
    maxReceiveCount: 2,
  });
  const { QueueUrl: url = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: 'imager', Attributes: { RedrivePolicy, VisibilityTimeout: '5' } }),
  );
  const Filter = { Key: { FilterRules: [{ Name: 'prefix' as const, Value: 'originals/' }] } };
  const QueueArn = 'arn:aws:sqs:eu-central-1:000000000000:imager';
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { QueueConfigurations: [{ QueueArn, Events: ['s3:ObjectCreated:*'], Filter }] },
    }),
  );
  const worker = silentTask({ QUEUE_URL: url, DEAD_LETTERS_URL: deadUrl, QUEUE_VISIBILITY_SECONDS: 5 });
  startConsumer(worker, {
    sqs,
    parse: parseNotification,
    async handle(uploads) {
      for (const each of uploads) await handleUpload(parts, each);
    },
  });
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'nonsense' }));
  const uploads = [await upload(jpeg), await upload(Buffer.from('no image')), await upload(jpeg)];
  await eventually(async () => expect(await results()).toHaveLength(3), 20_000);
  const states = new Map((await results()).map(({ imageId, status }) => [imageId, status]));
  expect(uploads.map(({ imageId }) => states.get(imageId))).toEqual(['ready', 'rejected', 'ready']);
  const command = new GetQueueAttributesCommand({ QueueUrl: deadUrl, AttributeNames: ['ApproximateNumberOfMessages'] });
  await eventually(
    async () => expect((await sqs.send(command)).Attributes?.['ApproximateNumberOfMessages']).toBe('1'),
    20_000,
  );
  await worker.stop();
});
