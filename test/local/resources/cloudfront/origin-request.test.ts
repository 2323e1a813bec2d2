import { expect, test } from '@jest/globals';

import { originRequest } from '../../../../local/resources/cloudfront/origin-request.ts';
import { cachingDisabled } from '../../../../local/resources/cloudfront/policies/cache-policy.ts';
import {
  allViewerAndCloudFront,
  noOriginRequestPolicy,
} from '../../../../local/resources/cloudfront/policies/origin-request-policy.ts';
import { only } from '../../../../local/resources/cloudfront/policies/selection.ts';
import { request } from './cache/rig.ts';

const keyed = { ...cachingDisabled, query: only(['limit']), cookies: only(['theme']), gzip: true, brotli: true };
const sent = [
  'Host',
  'shop.example',
  'Cookie',
  'session=secret; theme=dark',
  'X-Any',
  '1',
  'Authorization',
  'Bearer x',
  'Accept-Encoding',
  'gzip, deflate, br',
  'User-Agent',
  'curl',
  'If-None-Match',
  '"1"',
  'X-Forwarded-For',
  '1.1.1.1',
];

test('what neither policy includes does not reach the origin', () => {
  const reduce = originRequest(keyed, noOriginRequestPolicy, 'origin.example');
  const { url, headers } = reduce(request('/films?utm=1&limit=10&cursor=x', sent));
  expect(url).toBe('/films?limit=10');
  expect(headers).toEqual([
    'If-None-Match',
    '"1"',
    'X-Forwarded-For',
    '1.1.1.1',
    'Cookie',
    'theme=dark',
    'Accept-Encoding',
    'br,gzip',
    'Host',
    'origin.example',
    'User-Agent',
    'Amazon CloudFront',
  ]);
});

test('the origin request policy adds to what the cache key includes', () => {
  const policy = { ...noOriginRequestPolicy, headers: only(['host', 'x-any']), query: only(['cursor']) };
  const { url, headers } = originRequest(
    keyed,
    policy,
    'origin.example',
  )(request('/films?utm=1&limit=10&cursor=x', sent));
  expect(url).toBe('/films?limit=10&cursor=x');
  expect(headers).toEqual(expect.arrayContaining(['shop.example', 'X-Any']));
  expect(headers).not.toContain('origin.example');
});

test('a query string of undeclared parameters alone is removed with its question mark', () => {
  expect(originRequest(keyed, noOriginRequestPolicy, 'o')(request('/a?b=1&c')).url).toBe('/a');
});

test('a policy of all viewer headers passes the request on as it is', () => {
  const given = request('/a?b=1', sent);
  expect(originRequest(cachingDisabled, allViewerAndCloudFront, 'o')(given)).toBe(given);
});
