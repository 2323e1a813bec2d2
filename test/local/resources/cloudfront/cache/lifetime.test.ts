import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { lifetimeOf } from '../../../../../local/resources/cloudfront/cache/lifetime.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const second = 1000;
const within = { minTtlMs: 0, defaultTtlMs: 60 * second, maxTtlMs: 3600 * second };
const headersOf = (cacheControl?: string, expires?: string) => [
  ...(cacheControl === undefined ? [] : ['Cache-Control', cacheControl]),
  ...(expires === undefined ? [] : ['Expires', expires]),
];
const freshSeconds = (headers: readonly string[], ttls = within, status = 200, errorMs = 10_000) =>
  lifetimeOf({ status, headers }, ttls, errorMs, NOW).freshMs / second;

test.each([
  ['nothing', headersOf(), 60],
  ['max-age', headersOf('public, max-age=120'), 120],
  ['max-age over the maximum TTL', headersOf('max-age=86400'), 3600],
  ['s-maxage before max-age', headersOf('max-age=5, s-maxage=300'), 300],
  ['s-maxage of 0', headersOf('max-age=5, s-maxage=0'), 0],
  ['max-age before Expires', headersOf('max-age=5', 'Thu, 01 Jan 2026 01:00:00 GMT'), 5],
  ['Expires', headersOf(undefined, 'Thu, 01 Jan 2026 00:10:00 GMT'), 600],
  ['Expires in the past', headersOf(undefined, 'Wed, 31 Dec 2025 00:00:00 GMT'), 0],
  ['Expires that is no date', headersOf(undefined, '0'), 0],
  ['a max-age that is no number', headersOf('max-age=soon'), 0],
  ['no-store', headersOf('no-store'), 0],
  ['private', headersOf('private, max-age=60'), 0],
  ['no-cache', headersOf('no-cache'), 0],
  ['no-cache of one header', headersOf('no-cache="Set-Cookie", max-age=60'), 60],
  ['a directive without a time', headersOf('public'), 60],
  ['upper case', headersOf('MAX-AGE=7'), 7],
  ['two headers', ['Cache-Control', 'public', 'cache-control', 'max-age=9'], 9],
])('with a minimum TTL of 0, %s is stored for the documented time', (_, headers, expected) => {
  expect(freshSeconds(headers)).toBe(expected);
});

test.each([
  ['nothing', headersOf(), 60],
  ['max-age below the minimum TTL', headersOf('max-age=1'), 30],
  ['max-age between both', headersOf('max-age=45'), 45],
  ['no-store', headersOf('no-store'), 30],
  ['private', headersOf('private'), 30],
  ['Expires in the past', headersOf(undefined, 'Wed, 31 Dec 2025 00:00:00 GMT'), 30],
])('a minimum TTL over 0 holds against the origin: %s', (_, headers, expected) => {
  expect(freshSeconds(headers, { ...within, minTtlMs: 30 * second })).toBe(expected);
});

test('what the origin says never leads out of the bounds of the policy', () => {
  const ttl = fc.integer({ min: 0, max: 10_000 });
  const directive = fc.oneof(
    fc.integer({ min: 0, max: 100_000 }).map((age) => `max-age=${age}`),
    fc.integer({ min: 0, max: 100_000 }).map((age) => `s-maxage=${age}`),
    fc.constantFrom('public', 'private', 'no-store', 'no-cache', 'immutable', 'max-age=', 'stale-while-revalidate=9'),
  );
  fc.assert(
    fc.property(fc.array(ttl, { minLength: 3, maxLength: 3 }), fc.array(directive), (ttls, directives) => {
      const [minTtlMs, defaultTtlMs, maxTtlMs] = ttls.toSorted((a, b) => a - b).map((each) => each * second) as [
        number,
        number,
        number,
      ];
      const bounds = { minTtlMs, defaultTtlMs, maxTtlMs };
      const headers = headersOf(directives.join(', '));
      const lifetime = lifetimeOf({ status: 200, headers }, bounds, 0, NOW);
      expect(lifetime.freshMs).toBeGreaterThanOrEqual(maxTtlMs === 0 ? 0 : minTtlMs);
      expect(lifetime.freshMs).toBeLessThanOrEqual(maxTtlMs);
      expect(lifetime.staleWhileRevalidateMs).toBeLessThanOrEqual(maxTtlMs);
      if (minTtlMs === 0 && directives.some((each) => ['private', 'no-store', 'no-cache'].includes(each)))
        expect(lifetime.freshMs).toBe(0);
    }),
  );
});

test('stale times are those of the directives, at most the maximum TTL', () => {
  const of = (cacheControl: string) => lifetimeOf({ status: 200, headers: headersOf(cacheControl) }, within, 0, NOW);
  expect(of('max-age=1, stale-while-revalidate=30, stale-if-error=40')).toMatchObject({
    staleWhileRevalidateMs: 30 * second,
    staleIfErrorMs: 40 * second,
  });
  expect(of('max-age=1, stale-while-revalidate=99999, stale-if-error=99999')).toMatchObject({
    staleWhileRevalidateMs: 3600 * second,
    staleIfErrorMs: 3600 * second,
  });
  expect(of('max-age=1')).toMatchObject({ staleWhileRevalidateMs: 0, staleIfErrorMs: 3600 * second });
});

test('an error is stored for the longer of its minimum TTL and its max-age, at most the maximum TTL', () => {
  for (const status of [404, 500, 502, 503, 504]) {
    expect(freshSeconds([], within, status)).toBe(10);
    expect(freshSeconds(headersOf('max-age=60'), within, status)).toBe(60);
    expect(freshSeconds(headersOf('max-age=5'), within, status)).toBe(10);
    expect(freshSeconds(headersOf('max-age=99999'), within, status)).toBe(3600);
  }
});

test.each([206, 304])('%i is not stored', (status) => {
  expect(freshSeconds(headersOf('max-age=60'), within, status)).toBe(0);
});
