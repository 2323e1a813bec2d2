import { Readable } from 'node:stream';

import { expect, test } from '@jest/globals';

import type { Hop, HopRequest } from '../../../../local/http/hop.ts';
import { createCache } from '../../../../local/resources/cloudfront/cache/cache.ts';
import { cachingDisabled, type CachePolicy } from '../../../../local/resources/cloudfront/policies/cache-policy.ts';
import { bodyOf } from './body.ts';

const request = (more: Partial<HopRequest> = {}): HopRequest => ({
  method: 'GET',
  url: '/api/orders/1',
  headers: ['Host', 'localhost'],
  body: undefined,
  bodyArrived: () => true,
  client: { address: '127.0.0.1', port: 1 },
  signal: new AbortController().signal,
  ...more,
});

interface Given {
  readonly minTtlMs?: number;
  readonly maxBytes?: number;
  readonly cachePolicy?: CachePolicy;
}

/** Stores errors, and no other response without a time. */
const storing = { ...cachingDisabled, maxTtlMs: 60_000 };

/** A cache in front of an origin that counts its requests and names them in its responses. */
function cacheOf(
  respond: (request: HopRequest) => { status: number; cacheControl?: string },
  { minTtlMs = 10_000, maxBytes, cachePolicy = storing }: Given = {},
) {
  let requests = 0;
  let time = 0;
  const origin: Hop = async (each) => {
    const { status, cacheControl } = respond(each);
    const headers = cacheControl === undefined ? [] : ['Cache-Control', cacheControl];
    return { status, headers, body: Readable.from([`response ${++requests}`], { objectMode: false }) };
  };
  const cache = createCache({ errorTtlMs: () => minTtlMs, now: () => time, maxBytes });
  const behavior = { cachePolicy, compress: false, collapses: false };
  const hop: Hop = async (each) => (await cache(each, behavior, origin)).response;
  return { hop, advance: (ms: number) => (time += ms), requests: () => requests };
}

test('one viewer gets the error of another, for the error caching minimum TTL', async () => {
  const { hop, advance } = cacheOf(() => ({ status: 500 }));
  const first = await hop(request({ headers: ['Host', 'localhost', 'Cookie', 'session=ada'] }));
  expect(await bodyOf(first)).toBe('response 1');
  advance(9_999);
  const second = await hop(
    request({ url: '/api/orders/1?page=2', headers: ['Host', 'localhost', 'Cookie', 'session=bob'] }),
  );
  expect(second).toMatchObject({ status: 500, headers: expect.arrayContaining(['Age', '9']) });
  expect(await bodyOf(second)).toBe('response 1');
  advance(1);
  expect(await bodyOf(await hop(request()))).toBe('response 2');
});

test('with a TTL of 0 every request reaches the origin, and the body is passed on unread', async () => {
  const { hop } = cacheOf(() => ({ status: 500 }), { minTtlMs: 0 });
  for (const time of [1, 2]) expect(await bodyOf(await hop(request()))).toBe(`response ${time}`);
});

test.each([404, 414, 500, 501, 502, 503, 504])('%i is stored', async (status) => {
  const { hop, requests } = cacheOf(() => ({ status }));
  for (let time = 0; time < 2; time++) await hop(request());
  expect(requests()).toBe(1);
});

test.each([200, 301, 304, 401, 402, 408, 409, 410, 413, 416, 422, 429])('%i is not stored', async (status) => {
  const { hop, requests } = cacheOf(() => ({ status }));
  for (let time = 0; time < 2; time++) await hop(request());
  expect(requests()).toBe(2);
});

test.each([400, 403, 405, 412, 415])('%i is stored only with max-age or s-maxage', async (status) => {
  for (const [cacheControl, expected] of [
    [undefined, 2],
    ['no-transform', 2],
    ['max-age=0', 1],
    ['public, s-maxage=60', 1],
  ] as const) {
    const { hop, requests } = cacheOf(() => ({ status, cacheControl }));
    for (let time = 0; time < 2; time++) await hop(request());
    expect({ cacheControl, requests: requests() }).toEqual({ cacheControl, requests: expected });
  }
});

test.each(['no-store', 'no-cache', 'private, max-age=60'])(
  '%s keeps 404, 414 and 501 from being stored, and no other',
  async (cacheControl) => {
    for (const [status, expected] of [
      [404, 2],
      [414, 2],
      [501, 2],
      [500, 1],
      [502, 1],
      [503, 1],
      [504, 1],
    ] as const) {
      const { hop, requests } = cacheOf(() => ({ status, cacheControl }));
      for (let time = 0; time < 2; time++) await hop(request());
      expect({ status, requests: requests() }).toEqual({ status, requests: expected });
    }
  },
);

test('max-age does not exceed the maximum TTL of the cache policy', async () => {
  const { hop, advance, requests } = cacheOf(() => ({ status: 500, cacheControl: 'max-age=3600' }));
  await hop(request());
  advance(59_999);
  await hop(request());
  expect(requests()).toBe(1);
  advance(1);
  await hop(request());
  expect(requests()).toBe(2);
});

test('no error is stored where caching is disabled', async () => {
  const cacheControl = 'max-age=60';
  for (const status of [400, 404, 500]) {
    const { hop, requests } = cacheOf(() => ({ status, cacheControl }), { cachePolicy: cachingDisabled });
    for (let time = 0; time < 2; time++) await hop(request());
    expect({ status, requests: requests() }).toEqual({ status, requests: 2 });
  }
});

test('only GET and HEAD are stored, by path', async () => {
  const { hop, requests } = cacheOf(() => ({ status: 500 }));
  for (const method of ['POST', 'POST', 'OPTIONS', 'OPTIONS', 'HEAD', 'HEAD', 'GET', 'GET'])
    await hop(request({ method }));
  await hop(request({ url: '/api/orders/2' }));
  expect(requests()).toBe(7);
});

test('a scan of random paths does not fill the memory: the oldest errors are dropped', async () => {
  const { hop, requests } = cacheOf(() => ({ status: 404 }), { maxBytes: 100_000 });
  for (let path = 0; path <= 1000; path++) await hop(request({ url: `/${path}` }));
  await hop(request({ url: '/1000' }));
  expect(requests()).toBe(1001);
  await hop(request({ url: '/0' }));
  expect(requests()).toBe(1002);
});
