import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { maxUploadBytes } from '../../../../app/contracts/upload.ts';
import type { App } from '../../../../app/kit/app.ts';
import { connectDatabase } from '../../../../app/kit/database.ts';
import { createApp } from '../../../../app/services/images/app.ts';
import { handleProcessed } from '../../../../app/services/images/events.ts';
import { maxPending, type ImageStore, type Processed } from '../../../../app/services/images/image.ts';
import { createImageStore, type ImagesTables } from '../../../../app/services/images/store.ts';
import { createUploadSigner } from '../../../../app/services/images/upload.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { startTestEndpoint, type TestEndpoint } from '../../../support/endpoint.ts';
import { eventually } from '../../../support/eventually.ts';
import { allowSignIn, memoryRedis, noKeys } from '../../../support/sign-in.ts';
import { silentTask } from '../../../support/task.ts';

const Bucket = 'uploads';
const edge = 'http://127.0.0.1:8080';
const ada = { id: randomUUID(), email: 'ada@example.com' };
let database: TestDatabase<'images'>;
let endpoint: TestEndpoint;
let s3: S3Client;
let store: ImageStore;
let app: App;
let cookie: string;
let strangersCookie: string;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  [database, endpoint] = await Promise.all([createDatabase('images'), startTestEndpoint()]);
  s3 = new S3Client(endpoint.clientConfig);
  await s3.send(new CreateBucketCommand({ Bucket }));
  const task = silentTask(database.config.images);
  store = createImageStore(connectDatabase<ImagesTables>(task));
  app = createApp({
    redis: memoryRedis(),
    sessionSecret: 's'.repeat(32),
    findKeyOwner: noKeys,
    store,
    signUpload: createUploadSigner(s3, Bucket),
  });
  const signIn = allowSignIn(app);
  cookie = await signIn(ada);
  strangersCookie = await signIn({ id: randomUUID(), email: 'eve@example.com' });
  closing.push(
    () => app.close(),
    () => task.stop(),
    () => database.drop(),
    () => s3.destroy(),
    () => endpoint.stop(),
  );
});
afterAll(async () => {
  for (const close of closing) await close();
});
beforeEach(() => adminQuery(database, 'TRUNCATE images.images, images.product_images, images.idempotency_keys'));

describe('the form uploads to S3 itself', () => {
  const keyOf = (id: string) => `originals/${ada.id}/${id}`;

  test('a page of the edge uploads an image, and may read the response', async () => {
    const { id, upload } = (await add()).body;
    const response = await send(upload, new Blob(['image']));
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(edge);
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: keyOf(id) }))).toMatchObject({
      ContentLength: 5,
      ContentType: 'image/png',
    });
  });

  test('a file of the largest size is stored', async () => {
    expect((await send((await add()).body.upload, new Blob([Buffer.alloc(maxUploadBytes)]))).status).toBe(204);
  });

  test.each([
    ['a file that is a byte too large', {}, maxUploadBytes + 1, 'EntityTooLarge'],
    ['an empty file', {}, 0, 'EntityTooSmall'],
    ['another content type', { 'Content-Type': 'text/html' }, 1, 'AccessDenied'],
    ['the key of another user', { key: `originals/${randomUUID()}/${randomUUID()}` }, 1, 'AccessDenied'],
    ['a key that the CDN serves', { key: 'media/a' }, 1, 'AccessDenied'],
    ['a field more', { 'x-amz-meta-a': 'b' }, 1, 'AccessDenied'],
  ])('%s is refused', async (_what, fields, size, code) => {
    const { id, upload } = (await add()).body;
    const response = await send({ ...upload, fields: { ...upload.fields, ...fields } }, new Blob([Buffer.alloc(size)]));
    expect(await response.text()).toContain(`<Code>${code}</Code>`);
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: keyOf(id) }))).rejects.toThrow();
  });

  test('it expires after ten minutes', async () => {
    const { upload } = (await add()).body;
    const { expiration } = JSON.parse(Buffer.from(upload.fields['Policy']!, 'base64').toString());
    const minutes = (Date.parse(expiration) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(8);
    expect(minutes).toBeLessThanOrEqual(10);
  });
});

test('a repeated request gets the image and the form of the first', async () => {
  const key = randomUUID();
  const first = await add({}, key);
  expect(await add({}, key)).toEqual(first);
  expect(await add({ contentType: 'image/jpeg' }, key)).toMatchObject({ status: 422 });
  expect(await count('images')).toBe(1);
});

test('a user has a limited number of pending images, and gets more once some are processed', async () => {
  const ids: string[] = [];
  for (let n = 0; n < maxPending; n += 1) ids.push((await add()).body.id);
  expect(await add()).toMatchObject({ status: 429, body: { title: 'Too many pending images' } });
  await processed(ids[0]!);
  expect((await add()).status).toBe(201);
  await adminQuery(database, "UPDATE images.images SET created_at = now() - interval '2 hours'");
  expect((await add()).status).toBe(201);
});

test.each([
  [{}, 'contentType'],
  [{ contentType: 'image/svg+xml' }, 'contentType'],
  [{ contentType: 'image/png', productId: 'a/b' }, 'productId'],
  [{ contentType: 'image/png', key: 'media/a' }, 'key'],
])('%j is refused, naming %s', async (payload, field) => {
  const response = await app.inject({ method: 'POST', url: '/api/images', headers: { cookie }, payload });
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({ errors: [{ field }] });
  expect(await count('images')).toBe(0);
});

test('a new image is pending, and only its owner sees it', async () => {
  const { id } = (await add()).body;
  expect(await get(`/api/images/${id}`)).toEqual({ status: 200, body: { id, status: 'pending', variants: [] } });
  expect(await get(`/api/images/${id}`, strangersCookie)).toMatchObject({ status: 404 });
  expect(await get(`/api/images/${id}`, '')).toMatchObject({ status: 401 });
  const anonymous = await app.inject({ method: 'POST', url: '/api/images', payload: { contentType: 'image/png' } });
  expect(anonymous.statusCode).toBe(401);
});

const variant = { key: 'media/a-320.webp', contentType: 'image/webp', width: 320, height: 200 } as const;
const shownVariant = { url: '/media/a-320.webp', contentType: 'image/webp', width: 320, height: 200 };

test('what became of an image is stored once: repetitions and other events change nothing', async () => {
  const ready = (await add({ productId: 'heat' })).body.id;
  const rejected = (await add({ productId: 'heat' })).body.id;
  const refusal: Partial<Processed> = { status: 'rejected', variants: [], reason: 'not an image' };
  await processed(ready);
  await processed(ready);
  await processed(ready, refusal);
  await processed(rejected, refusal);
  await processed(rejected);
  // The user has not written it: it is seen once the replica has it.
  await eventually(async () => {
    expect((await get(`/api/images/${ready}`)).body).toEqual({ id: ready, status: 'ready', variants: [shownVariant] });
    expect((await get(`/api/images/${rejected}`)).body).toEqual({ id: rejected, ...refusal });
    expect((await get('/api/products/heat/images', '')).body).toEqual({
      items: [{ id: ready, variants: [shownVariant] }],
      nextCursor: null,
    });
  });
});

test('an event that died between its two writes is completed by its repetition', async () => {
  const { id } = (await add({ productId: 'heat' })).body;
  await processed(id);
  await adminQuery(database, 'TRUNCATE images.product_images');
  await processed(id);
  expect(await count('product_images')).toBe(1);
});

test('an event about an image that does not exist fails for good', async () => {
  await expect(processed(randomUUID())).rejects.toMatchObject({ name: 'PermanentError' });
});

test('an image of which nothing became for an hour is rejected, unless its event comes later', async () => {
  const { id } = (await add()).body;
  await adminQuery(database, "UPDATE images.images SET created_at = now() - interval '61 minutes'");
  await eventually(async () =>
    expect((await get(`/api/images/${id}`)).body).toMatchObject({
      status: 'rejected',
      reason: 'No upload was processed within 60 minutes.',
    }),
  );
  await processed(id);
  await eventually(async () => expect((await get(`/api/images/${id}`)).body).toMatchObject({ status: 'ready' }));
});

test('images that stayed pending for 30 days are deleted, and others are not', async () => {
  const abandoned = (await add()).body.id;
  const ready = (await add()).body.id;
  await processed(ready);
  await adminQuery(database, "UPDATE images.images SET created_at = now() - interval '31 days'");
  const added = (await add()).body.id;
  const rows = await adminQuery(database, 'SELECT id FROM images.images ORDER BY id');
  expect(rows.map(({ id }) => id)).toEqual([ready, added]);
  expect(rows.map(({ id }) => id)).not.toContain(abandoned);
});

test('images of a product are listed newest first, page by page, to everybody and for caches', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    ids.unshift((await add({ productId: 'alien' })).body.id);
    await processed(ids[0]!);
  }
  await add({ productId: 'alien' });
  await processed((await add({ productId: 'heat' })).body.id);
  await processed((await add()).body.id);
  await eventually(async () => {
    const pages: string[][] = [];
    let query = '';
    do {
      const { items, nextCursor } = (await get(`/api/products/alien/images?limit=2${query}`, '')).body;
      pages.push(items.map(({ id }: { id: string }) => id));
      query = nextCursor === null ? '' : `&cursor=${nextCursor}`;
    } while (query !== '');
    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  });
  const { headers } = await app.inject('/api/products/alien/images');
  expect(headers['cache-control']).toMatch(/^public, /);
  expect(headers['etag']).toBeDefined();
});

interface Added {
  readonly id: string;
  readonly upload: { readonly url: string; readonly fields: Record<string, string> };
}

async function add(image: { contentType?: string; productId?: string } = {}, key?: string) {
  const response = await app.inject({
    method: 'POST',
    url: '/api/images',
    headers: { cookie, ...(key !== undefined && { 'idempotency-key': key }) },
    payload: { contentType: 'image/png', ...image },
  });
  return { status: response.statusCode, body: response.json<Added>() };
}

/** Sends the form as a page of the edge does. */
function send({ url, fields }: Added['upload'], file: Blob) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', file);
  return fetch(url, { method: 'POST', body: form, headers: { origin: edge } });
}

function processed(imageId: string, more: Partial<Processed> = {}) {
  const payload = { userId: ada.id, imageId, status: 'ready', variants: [variant], ...more };
  return handleProcessed(
    { store },
    { id: randomUUID(), type: 'image.processed', at: new Date().toISOString(), payload },
  );
}

async function get(url: string, as = cookie) {
  const response = await app.inject({ url, headers: { cookie: as } });
  return { status: response.statusCode, body: response.json() };
}

async function count(table: string): Promise<number> {
  const [row] = await adminQuery(database, `SELECT count(*)::int AS count FROM images.${table}`);
  return Number(row?.['count']);
}
