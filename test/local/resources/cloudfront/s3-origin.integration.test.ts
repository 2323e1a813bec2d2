import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { firstHeader } from '../../../../local/http/headers.ts';
import type { Hop } from '../../../../local/http/hop.ts';
import { Handles } from '../../../../local/kernel/handles.ts';
import { createEdge } from '../../../../local/resources/cloudfront/edge.ts';
import { cachingDisabled } from '../../../../local/resources/cloudfront/policies/cache-policy.ts';
import { noOriginRequestPolicy } from '../../../../local/resources/cloudfront/policies/origin-request-policy.ts';
import { s3Origin } from '../../../../local/resources/cloudfront/s3-origin.ts';
import type { PolicyDocument } from '../../../../local/resources/s3/bucket-access.ts';
import { startTestEndpoint, type TestEndpoint } from '../../../support/endpoint.ts';
import { bodyOf } from './body.ts';
import { request } from './cache/rig.ts';

const distributionArn = 'arn:aws:cloudfront::000000000000:distribution/E1';
const allowed = (Action: string, Resource: string) => ({
  Effect: 'Allow',
  Principal: { Service: 'cloudfront.amazonaws.com' },
  Action,
  Resource,
});
const media = allowed('s3:GetObject', 'arn:aws:s3:::uploads/media/*');

let endpoint: TestEndpoint;
beforeAll(async () => {
  endpoint = await startTestEndpoint();
  const s3 = new S3Client(endpoint.clientConfig);
  await s3.send(new CreateBucketCommand({ Bucket: 'uploads' }));
  for (const Key of ['media/a b.webp', 'originals/secret.png'])
    await s3.send(new PutObjectCommand({ Bucket: 'uploads', Key, Body: 'image', ContentType: 'image/webp' }));
  s3.destroy();
});
afterAll(() => endpoint.stop());

/** An edge in front of the bucket, whose requests to the bucket are counted. */
function edgeOf(statements: PolicyDocument['Statement']) {
  const policies = new Handles<PolicyDocument>('bucket policy');
  policies.set('uploads', { Statement: statements });
  const origin = s3Origin({ endpointUrl: endpoint.url, bucket: 'uploads', distributionArn, policies });
  let requests = 0;
  const hop: Hop = (each) => {
    requests += 1;
    return origin(each);
  };
  const target = { primary: { hop, domainName: 'uploads.s3.eu-central-1.amazonaws.com', timeoutMs: 3000 } };
  const edge = createEdge(() => target, {
    domainName: 'd111.cloudfront.net',
    url: 'http://127.0.0.1:8080',
    behaviorOf: () => behavior,
    errorTtlMs: () => 0,
    isUp: () => true,
  });
  const get = (url: string, method = 'GET') => edge(request(url, ['Host', 'localhost'], { method }));
  return { get, requests: () => requests };
}

const behavior = {
  targetOriginId: 'bucket',
  allowedMethods: ['GET', 'HEAD'],
  viewerProtocolPolicy: 'allow-all',
  cachePolicy: { ...cachingDisabled, defaultTtlMs: 60_000, maxTtlMs: 60_000 },
  originRequestPolicy: noOriginRequestPolicy,
  compress: false,
} as const;

test('the first request of an object fetches it from the bucket, the following ones are served at the edge', async () => {
  const { get, requests } = edgeOf([media]);
  const first = await get('/media/a%20b.webp');
  expect(await bodyOf(first)).toBe('image');
  expect(first.status).toBe(200);
  expect(firstHeader(first.headers, 'content-type')).toBe('image/webp');
  expect(firstHeader(first.headers, 'x-cache')).toBe('Miss from cloudfront');
  const second = await get('/media/a%20b.webp?size=large');
  expect(await bodyOf(second)).toBe('image');
  expect(firstHeader(second.headers, 'x-cache')).toBe('Hit from cloudfront');
  expect(requests()).toBe(1);
});

test('HEAD has the headers of the object and no body', async () => {
  const response = await edgeOf([media]).get('/media/a%20b.webp', 'HEAD');
  expect(firstHeader(response.headers, 'content-length')).toBe('5');
  expect(await bodyOf(response)).toBe('');
});

test('100,000 requests of one object are one request to the bucket', async () => {
  const { get, requests } = edgeOf([media]);
  const responses = await Promise.all(Array.from({ length: 100_000 }, () => get('/media/a%20b.webp')));
  expect(responses.every(({ status }) => status === 200)).toBe(true);
  expect(requests()).toBe(1);
});

describe('without permission to list the bucket', () => {
  test.each([
    ['an object that does not exist', '/media/none.webp'],
    ['an object outside the prefix', '/originals/secret.png'],
    ['a path that leaves the prefix', '/media/../originals/secret.png'],
    ['an encoded path that leaves the prefix', '/media/%2e%2e/originals/secret.png'],
    ['the bucket', '/?list-type=2'],
    ['the prefix', '/media/?list-type=2'],
    ['a path that is not in UTF-8', '/media/%ff'],
  ])('%s is a 403', async (_, url) => {
    const response = await edgeOf([media]).get(url);
    expect(response.status).toBe(403);
    expect(await bodyOf(response)).toContain('<Code>AccessDenied</Code>');
  });
});

test('with permission to list the bucket, an object that does not exist is a 404', async () => {
  const { get } = edgeOf([media, allowed('s3:ListBucket', 'arn:aws:s3:::uploads')]);
  expect((await get('/media/none.webp')).status).toBe(404);
});

test('a bucket without a policy is a 403', async () => {
  expect((await edgeOf([]).get('/media/a%20b.webp')).status).toBe(403);
});
