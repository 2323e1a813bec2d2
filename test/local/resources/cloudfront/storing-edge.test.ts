import { Readable } from 'node:stream';
import { mock } from 'node:test';
import { expect, test } from '@jest/globals';
import type { Hop, HopResponse } from '../../../../local/http/hop.ts';
import type { Behavior } from '../../../../local/resources/cloudfront/behaviors.ts';
import { createEdge } from '../../../../local/resources/cloudfront/edge.ts';
import { allViewerAndCloudFront } from '../../../../local/resources/cloudfront/policies/origin-request-policy.ts';
import { only } from '../../../../local/resources/cloudfront/policies/selection.ts';
import { bodyOf } from './body.ts';
import { asObject, behavior, caching, get, options, storing } from './edge-parts.ts';
import { singleOrigin } from './origin.ts';

const xCache = ({ headers }: HopResponse) => asObject(headers)['X-Cache'];

/** An edge whose origin waits for the next turn, and counts its requests. */
function edgeOf(given: Behavior, respond: (count: number) => Promise<HopResponse> | HopResponse) {
  let count = 0;
  const origin: Hop = async () => {
    const own = ++count;
    await new Promise((resolve) => setImmediate(resolve));
    return respond(own);
  };
  return { edge: createEdge(singleOrigin(origin), { ...options, behaviorOf: () => given }), requests: () => count };
}

const page = (cacheControl: string) => ({ status: 200, headers: ['Cache-Control', cacheControl], body: 'page' });

test('X-Cache states hits and misses, and every request has an id of its own', async () => {
  const { edge } = edgeOf(storing, () => page('max-age=60'));
  const responses = [await edge(get()), await edge(get())];
  expect(responses.map(xCache)).toEqual(['Miss from cloudfront', 'Hit from cloudfront']);
  expect(new Set(responses.map(({ headers }) => asObject(headers)['X-Amz-Cf-Id'])).size).toBe(2);
});

test.each([
  ['no cookies are forwarded', storing, 1],
  ['the origin request policy forwards cookies', { ...storing, originRequestPolicy: allViewerAndCloudFront }, 3],
  ['the key has cookies', { ...storing, cachePolicy: { ...caching, cookies: only(['theme']) } }, 3],
  ['caching is disabled', behavior, 3],
])('where %s, three simultaneous requests are as many to the origin as documented', async (_, given, expected) => {
  const { edge, requests } = edgeOf(given, () => page('max-age=60'));
  await Promise.all([edge(get()), edge(get()), edge(get())]);
  expect(requests()).toBe(expected);
});

test('an origin that is unreachable at revalidation is a stale object', async () => {
  mock.timers.enable({ apis: ['Date'] });
  try {
    const { edge } = edgeOf(storing, (count) => {
      if (count > 1) throw new Error('no listener');
      return page('max-age=60');
    });
    await edge(get());
    mock.timers.tick(60_000);
    const response = await edge(get());
    expect(response.status).toBe(200);
    expect(await bodyOf(response)).toBe('page');
  } finally {
    mock.timers.reset();
  }
});

test('an origin that breaks off in the middle of what would be stored is a 502, and nothing is stored', async () => {
  const broken = () => new Readable({ read: () => {} }).on('error', () => {});
  const { edge } = edgeOf(storing, (count) => {
    if (count > 1) return page('max-age=60');
    const body = broken();
    body.push('par');
    setImmediate(() => body.destroy(new Error('reset')));
    return { ...page('max-age=60'), body };
  });
  expect(await edge(get())).toMatchObject({
    status: 502,
    headers: expect.arrayContaining(['Error from cloudfront']),
  });
  expect(await bodyOf(await edge(get()))).toBe('page');
});
