import { mock } from 'node:test';

import { expect, test } from '@jest/globals';

import { firstHeader } from '../../../../local/http/headers.ts';
import { HopTimeout, type Hop, type HopResponse } from '../../../../local/http/hop.ts';
import { createEdge } from '../../../../local/resources/cloudfront/edge.ts';
import { cachingDisabled } from '../../../../local/resources/cloudfront/policies/cache-policy.ts';
import { noOriginRequestPolicy } from '../../../../local/resources/cloudfront/policies/origin-request-policy.ts';
import { bodyOf } from './body.ts';
import { request, streamed } from './cache/rig.ts';

type Respond = () => HopResponse | Promise<HopResponse>;

const ok = () => streamed({ headers: ['Cache-Control', 'max-age=60'], body: 'page' });
const failing = (status: number) => () => streamed({ status, body: `${status}` });
const unreachable = () => Promise.reject(new Error('no listener'));
const silent = () => Promise.reject(new HopTimeout('no data for 3000 ms'));

/** An edge with an origin group that fails over on 502 and 504. */
function edgeOf(primary: Respond, secondary: Respond, maxTtlMs = 60_000) {
  const reached: string[] = [];
  const originOf = (name: string, respond: Respond) => {
    const hop: Hop = async ({ method, headers }) => {
      reached.push(`${method} ${firstHeader(headers, 'host')}`);
      return respond();
    };
    return { hop, domainName: name, timeoutMs: 3000 };
  };
  const target = {
    primary: originOf('first', primary),
    failover: { secondary: originOf('second', secondary), statuses: new Set([502, 504]) },
  };
  const edge = createEdge(() => target, {
    domainName: 'd111.cloudfront.net',
    url: 'http://127.0.0.1:8080',
    behaviorOf: () => ({
      targetOriginId: 'group',
      allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'POST'],
      viewerProtocolPolicy: 'allow-all',
      cachePolicy: { ...cachingDisabled, maxTtlMs },
      originRequestPolicy: noOriginRequestPolicy,
      compress: false,
    }),
    errorTtlMs: () => 0,
    isUp: () => true,
  });
  const send = async (method = 'GET') => {
    const response = await edge(request('/', ['Host', 'localhost'], { method }));
    return {
      status: response.status,
      xCache: firstHeader(response.headers, 'x-cache'),
      body: await bodyOf(response),
    };
  };
  return { send, reached };
}

test.each<[string, Respond]>([
  ['responds with a status of the criteria', failing(502)],
  ['cannot be reached', unreachable],
  ['does not respond in time', silent],
])('where the first origin %s, the second one gets the request, once', async (_, primary) => {
  const { send, reached } = edgeOf(primary, ok);
  expect(await send()).toEqual({ status: 200, xCache: 'Miss from cloudfront', body: 'page' });
  expect(reached).toEqual(['GET first', 'GET second']);
});

test.each([500, 503, 404])('%i, which is not one of the criteria, is the response', async (status) => {
  const { send, reached } = edgeOf(failing(status), ok);
  expect(await send()).toMatchObject({ status, xCache: 'Error from cloudfront' });
  expect(reached).toEqual(['GET first']);
});

test('GET and HEAD are repeated, OPTIONS and POST never', async () => {
  const { send, reached } = edgeOf(failing(502), ok);
  for (const method of ['GET', 'HEAD']) expect((await send(method)).status).toBe(200);
  reached.length = 0;
  for (const method of ['OPTIONS', 'POST']) expect((await send(method)).status).toBe(502);
  expect(reached).toEqual(['OPTIONS first', 'POST first']);
});

test('a POST that gets no response is not repeated', async () => {
  const { send, reached } = edgeOf(silent, ok);
  expect((await send('POST')).status).toBe(504);
  expect(reached).toEqual(['POST first']);
});

test('each request goes to the first origin first, also after a failover', async () => {
  const { send, reached } = edgeOf(failing(502), ok, 0);
  await send();
  await send();
  expect(reached).toEqual(['GET first', 'GET second', 'GET first', 'GET second']);
});

test('where both fail, the response is that of the second', async () => {
  const { send } = edgeOf(failing(502), failing(504));
  expect(await send()).toEqual({ status: 504, xCache: 'Error from cloudfront', body: '504' });
  expect(await edgeOf(unreachable, silent).send()).toMatchObject({ status: 504 });
});

test.each<[string, Respond]>([
  ['fail', failing(502)],
  ['do not respond in time', silent],
])('where both %s, a stale object is served', async (_, failure) => {
  mock.timers.enable({ apis: ['Date'] });
  try {
    let respond: Respond = ok;
    const { send, reached } = edgeOf(
      () => respond(),
      () => respond(),
    );
    await send();
    mock.timers.tick(60_000);
    respond = failure;
    expect(await send()).toEqual({ status: 200, xCache: 'Hit from cloudfront', body: 'page' });
    expect(reached).toHaveLength(3);
  } finally {
    mock.timers.reset();
  }
});

test('the connection of a response that is replaced by a second one is freed', async () => {
  const first = failing(502)();
  await edgeOf(() => first, ok).send();
  expect(first.body).toMatchObject({ destroyed: true });
});
