import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { createFront } from '../front.ts';
import { createRig, send, until } from '../elbv2/load-balancer/rig.ts';

const rig = createRig();
let front: Awaited<ReturnType<typeof createFront>>;
beforeEach(async () => {
  front = await createFront();
});
afterEach(async () => {
  await front.stop();
  await rig.stop();
});

const cachePolicyConfig = {
  Name: 'public',
  MinTTL: 0,
  DefaultTTL: 0,
  MaxTTL: 3600,
  ParametersInCacheKeyAndForwardedToOrigin: {
    EnableAcceptEncodingGzip: true,
    EnableAcceptEncodingBrotli: true,
    QueryStringsConfig: { QueryStringBehavior: 'whitelist', QueryStrings: ['limit'] },
    HeadersConfig: { HeaderBehavior: 'none' },
    CookiesConfig: { CookieBehavior: 'none' },
  },
};

const originRequestPolicyConfig = {
  Name: 'public',
  HeadersConfig: { HeaderBehavior: 'whitelist', Headers: ['CloudFront-Viewer-Address', 'Host'] },
  QueryStringsConfig: { QueryStringBehavior: 'none' },
  CookiesConfig: { CookieBehavior: 'none' },
};

const responseHeadersPolicyConfig = {
  Name: 'secure',
  SecurityHeadersConfig: {
    StrictTransportSecurity: { AccessControlMaxAgeSec: 60, IncludeSubdomains: true, Override: true },
    ContentTypeOptions: { Override: true },
    FrameOptions: { FrameOption: 'DENY', Override: false },
    ReferrerPolicy: { ReferrerPolicy: 'same-origin', Override: false },
  },
  RemoveHeadersConfig: { Items: [{ Header: 'X-Internal' }] },
};

const up = (kind: string, config: object) => front.up(`AWS::CloudFront::${kind}`, kind, { [`${kind}Config`]: config });

/** The whole edge from templates in front of a service; `/public/*` has the policies, all else is as in the templates. */
async function edgeOf(respond: (request: IncomingMessage, response: ServerResponse) => void, config: object = {}) {
  const [cache, originRequest, responseHeaders] = await Promise.all([
    up('CachePolicy', { ...cachePolicyConfig, ...config }),
    up('OriginRequestPolicy', originRequestPolicyConfig),
    up('ResponseHeadersPolicy', responseHeadersPolicyConfig),
  ]);
  const reached: IncomingMessage[] = [];
  const { port } = await rig.backend((request, response) => {
    if (request.url !== '/health') reached.push(request);
    respond(request, response);
  });
  const balancer = await front.loadBalancer();
  const group = await front.targetGroup('service');
  await front.listener(balancer.ref, { DefaultActions: [{ Type: 'forward', TargetGroupArn: group.ref }] });
  const targets = front.targetGroups.get(group.ref);
  targets.register({ id: 'task', host: '127.0.0.1', port });
  await until(() => targets.health('task') === 'healthy');
  const origin = await front.vpcOrigin(balancer.ref);
  await front.distribution(origin.ref, {
    config: {
      CacheBehaviors: [
        {
          PathPattern: '/public/*',
          TargetOriginId: 'origin',
          ViewerProtocolPolicy: 'https-only',
          CachePolicyId: cache.ref,
          OriginRequestPolicyId: originRequest.ref,
          ResponseHeadersPolicyId: responseHeaders.ref,
          Compress: true,
        },
      ],
    },
  });
  return {
    get: (path: string, headers: Record<string, string> = {}) => send(front.edgePort, path, { headers }),
    reached,
  };
}

test('a behaviour stores what its origin allows; other paths reach the origin each time', async () => {
  const { get, reached } = await edgeOf((_, response) => {
    response.setHeader('Cache-Control', 'public, max-age=60').end('films');
  });
  const first = await get('/public/films?utm=1');
  expect(first).toMatchObject({ body: 'films', headers: { 'x-cache': 'Miss from cloudfront' } });
  const second = await get('/public/films?utm=2', { Cookie: 'session=ada' });
  expect(second).toMatchObject({ body: 'films', headers: { 'x-cache': 'Hit from cloudfront', age: '0' } });
  expect(second.headers['x-amz-cf-id']).not.toBe(first.headers['x-amz-cf-id']);
  for (let each = 0; each < 2; each++) expect((await get('/private')).headers['x-cache']).toBe('Miss from cloudfront');
  expect(reached.map(({ url }) => url)).toEqual(['/public/films', '/private', '/private']);
});

test('a stored path sees no cookie of a viewer, and no viewer a cookie of another', async () => {
  const { get, reached } = await edgeOf((_, response) => {
    response.setHeader('Cache-Control', 'max-age=60').setHeader('Set-Cookie', 'session=ada').end();
  });
  for (let each = 0; each < 2; each++)
    expect((await get('/public/a', { Cookie: 'session=ada' })).headers['set-cookie']).toBeUndefined();
  expect(reached[0]!.headers).not.toHaveProperty('cookie');
  expect((await get('/private')).headers['set-cookie']).toEqual(['session=ada']);
});

test('the origin gets the address of the viewer, which the policy lists, and no other header of CloudFront', async () => {
  const { get, reached } = await edgeOf((_, response) => response.end());
  await get('/public/a', { 'CloudFront-Viewer-Address': '1.1.1.1:1', 'X-Any': '1' });
  expect(reached[0]!.headers).toMatchObject({
    'cloudfront-viewer-address': expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    'user-agent': 'Amazon CloudFront',
  });
  for (const name of ['cloudfront-forwarded-proto', 'x-any']) expect(reached[0]!.headers).not.toHaveProperty(name);
});

test('a response headers policy sets, keeps and removes headers, of stored responses and of errors', async () => {
  const { get } = await edgeOf((request, response) => {
    if (request.url === '/public/broken') request.socket.destroy();
    response
      .setHeader('X-Frame-Options', 'SAMEORIGIN')
      .setHeader('X-Internal', '1')
      .setHeader('Cache-Control', 'max-age=60');
    response.end();
  });
  for (let each = 0; each < 2; each++) {
    const { headers } = await get('/public/a');
    expect(headers).toMatchObject({
      'strict-transport-security': 'max-age=60; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'same-origin',
    });
    expect(headers).not.toHaveProperty('x-internal');
  }
  expect(await get('/public/broken')).toMatchObject({ status: 502, headers: { 'x-frame-options': 'DENY' } });
  expect((await get('/private')).headers).not.toHaveProperty('strict-transport-security');
});

test('with a minimum TTL over 0, an origin that forbids storing is stored all the same', async () => {
  const { get } = await edgeOf((_, response) => response.setHeader('Cache-Control', 'no-store').end('x'), {
    MinTTL: 60,
    DefaultTTL: 60,
  });
  await get('/public/a');
  expect((await get('/public/a')).headers['x-cache']).toBe('Hit from cloudfront');
});

test('TTLs that decrease are refused with their values', async () => {
  await expect(up('CachePolicy', { ...cachePolicyConfig, MinTTL: 10 })).rejects.toThrow(
    'MinTTL (10 s), DefaultTTL (0 s) and MaxTTL (3600 s) must not decrease',
  );
});

test.each([
  ['CachePolicy', { ...cachePolicyConfig, Other: 1 }, 'Other is not supported'],
  ['OriginRequestPolicy', { ...originRequestPolicyConfig, Other: 1 }, 'Other is not supported'],
  ['ResponseHeadersPolicy', { Name: 'x', CorsConfig: {} }, 'CorsConfig is not supported'],
  ['ResponseHeadersPolicy', { Name: 'x', ServerTimingHeadersConfig: {} }, 'ServerTimingHeadersConfig is not supported'],
])('a %s with an unknown property is refused by name', async (kind, config, message) => {
  await expect(up(kind, config)).rejects.toThrow(message);
});
