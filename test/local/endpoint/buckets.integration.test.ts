import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketCorsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startTestEndpoint, type TestEndpoint } from '../../support/endpoint.ts';

let endpoint: TestEndpoint;
let s3: S3Client;
const Bucket = 'uploads';
beforeAll(async () => {
  endpoint = await startTestEndpoint();
  s3 = new S3Client(endpoint.clientConfig);
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  s3.destroy();
  await endpoint.stop();
});

test('an object of any key and content type survives a restart', async () => {
  for (const [Key, ContentType] of [
    ['a/b c/ü.json', 'application/json'],
    ['plain', 'text/plain'],
  ] as const) {
    await s3.send(new PutObjectCommand({ Bucket, Key, ContentType, Body: `{"key":"${Key}"}` }));
  }
  await endpoint.restart();
  const object = await s3.send(new GetObjectCommand({ Bucket, Key: 'a/b c/ü.json' }));
  expect([object.ContentType, await object.Body?.transformToString()]).toEqual([
    'application/json',
    '{"key":"a/b c/ü.json"}',
  ]);
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents?.map(({ Key }) => Key)).toEqual(['a/b c/ü.json', 'plain']);
});

test('settings of a bucket are returned as they were put, also after a restart', async () => {
  const CORSRules = [{ AllowedMethods: ['POST'], AllowedOrigins: ['http://127.0.0.1:8080'] }];
  await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true } }));
  await endpoint.restart();
  expect((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules).toEqual(CORSRules);
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
});

test('a missing setting is reported with the error code of S3', async () => {
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: '{"Version":"2012-10-17","Statement":[]}' }));
  expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toContain('2012-10-17');
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({ name: 'NoSuchBucketPolicy' });
});

test('a bucket that is created again has no settings of the deleted one', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'again' }));
  await s3.send(new PutBucketVersioningCommand({ Bucket: 'again', VersioningConfiguration: { Status: 'Enabled' } }));
  await s3.send(new DeleteBucketCommand({ Bucket: 'again' }));
  await s3.send(new CreateBucketCommand({ Bucket: 'again' }));
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket: 'again' }))).Status).toBeUndefined();
});

test('an operation that is not implemented is refused by name', async () => {
  await expect(s3.send(new ListObjectVersionsCommand({ Bucket }))).rejects.toMatchObject({
    name: 'NotImplemented',
    message: expect.stringContaining('?versions'),
  });
});

test('a service that is not implemented is refused by name', async () => {
  const headers = {
    authorization:
      'AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.ListTables',
  };
  const response = await fetch(endpoint.url, { method: 'POST', headers, body: '{}' });
  expect([response.status, await response.json()]).toEqual([
    501,
    { __type: 'UnknownOperationException', message: expect.stringContaining('dynamodb is not part of this endpoint') },
  ]);
});
