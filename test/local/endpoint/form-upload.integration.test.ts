import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CreateBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startTestEndpoint, type TestEndpoint } from '../../support/endpoint.ts';

let endpoint: TestEndpoint;
let s3: S3Client;
const Bucket = 'forms';
beforeAll(async () => {
  endpoint = await startTestEndpoint();
  s3 = new S3Client(endpoint.clientConfig);
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  s3.destroy();
  await endpoint.stop();
});

const conditions = [
  { bucket: Bucket },
  ['starts-with', '$key', 'user/1/'],
  ['eq', '$Content-Type', 'image/png'],
  ['content-length-range', 1, 10],
];

async function upload(fields: Record<string, string>, size = 10, expiration = '2100-01-01T00:00:00Z') {
  const form = new FormData();
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const all = { key: 'user/1/${filename}', 'Content-Type': 'image/png', policy, 'x-amz-signature': 'any', ...fields };
  for (const [name, value] of Object.entries(all)) form.set(name, value);
  form.set('file', new Blob(['x'.repeat(size)]), 'C:\\photos\\a.png');
  const response = await fetch(`${endpoint.url}/${Bucket}`, { method: 'POST', body: form });
  return { status: response.status, body: await response.text() };
}

test('a form upload that meets its policy is stored', async () => {
  expect(await upload({ 'x-ignore-me': 'anything' })).toMatchObject({ status: 204 });
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'user/1/a.png' }))).toMatchObject({
    ContentLength: 10,
    ContentType: 'image/png',
  });
});

test.each([
  ['a file that is too large', {}, 11, 400, 'EntityTooLarge'],
  ['an empty file', {}, 0, 400, 'EntityTooSmall'],
  ['another key', { key: 'user/2/a.png' }, 10, 403, 'Policy Condition failed'],
  ['another content type', { 'Content-Type': 'text/html' }, 10, 403, 'Policy Condition failed'],
  ['a field that the policy does not name', { 'x-amz-meta-owner': 'eve' }, 10, 403, 'Extra input fields'],
  ['no key', { key: '' }, 10, 400, 'InvalidArgument'],
])('a form upload with %s is refused and not stored', async (_what, fields, size, status, error) => {
  expect(await upload({ key: 'user/1/refused.png', ...fields }, size)).toEqual({
    status,
    body: expect.stringContaining(error),
  });
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'user/1/refused.png' }))).rejects.toMatchObject({
    name: 'NotFound',
  });
});

test('a form upload is refused after its policy has expired', async () => {
  expect(await upload({}, 10, '2020-01-01T00:00:00Z')).toEqual({
    status: 403,
    body: expect.stringContaining('Policy expired'),
  });
});
