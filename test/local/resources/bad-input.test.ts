import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer } from '../../../app/kit/server.ts';
import { closeServer, listenOnLoopback } from '../../../local/http/server.ts';
import { createEdgeServer } from '../../../local/resources/cloudfront/edge-server.ts';
import { createEdge } from '../../../local/resources/cloudfront/edge.ts';
import { cachingDisabled } from '../../../local/resources/cloudfront/policies/cache-policy.ts';
import {
  allViewerAndCloudFront,
  noOriginRequestPolicy,
} from '../../../local/resources/cloudfront/policies/origin-request-policy.ts';
import { forwardTo } from '../../../local/resources/elbv2/load-balancer/actions.ts';
import { policy } from './cloudfront/cache/rig.ts';
import { singleOrigin } from './cloudfront/origin.ts';
import { createRig, send, until } from './elbv2/load-balancer/rig.ts';

const hops = ['edge', 'balancer', 'service'] as const;
type Hop = (typeof hops)[number];

const rig = createRig();
const stops: (() => Promise<unknown>)[] = [];
const ports: Record<Hop, number> = { edge: 0, balancer: 0, service: 0 };
const service = createServer({ name: 'things' });
/** What reached the code of the service. */
const reached: string[] = [];
service.addHook('preHandler', async ({ method, url }) => void reached.push(`${method} ${url}`));
// Other tests keep this process busy, which is no overload of the service.
const config = { priority: 'health' } as const;
service.get('/stored/:id', { config }, async ({ params }, reply) => {
  void reply.header('cache-control', 'public, max-age=60');
  return params;
});
service.get('/things/:id', { config }, async ({ params }) => params);
service.post('/things', { config }, async ({ body }) => ({ body }));

beforeAll(async () => {
  ports.service = Number(new URL(await service.listen({ host: '127.0.0.1', port: 0 })).port);
  const group = rig.group({
    healthCheck: {
      path: '/api/health',
      intervalMs: 60_000,
      timeoutMs: 1000,
      healthyThreshold: 1,
      unhealthyThreshold: 2,
      matcher: (status) => status === 200,
    },
  });
  group.register({ id: 'task', host: '127.0.0.1', port: ports.service });
  await until(() => group.health('task') === 'healthy');
  const { listener, port } = await rig.balancer(forwardTo([{ group, weight: 1 }]));
  ports.balancer = port;
  const common = { targetOriginId: 'origin', viewerProtocolPolicy: 'allow-all', compress: false } as const;
  const stored = {
    ...common,
    allowedMethods: ['GET'],
    cachePolicy: policy,
    originRequestPolicy: noOriginRequestPolicy,
  };
  const passed = {
    ...common,
    allowedMethods: ['GET', 'HEAD', 'POST'],
    cachePolicy: cachingDisabled,
    originRequestPolicy: allViewerAndCloudFront,
  };
  const edge = createEdge(singleOrigin(listener.hop), {
    domainName: 'd111.cloudfront.net',
    url: 'http://127.0.0.1:8080',
    behaviorOf: (url) => (url.startsWith('/stored/') ? stored : passed),
    errorTtlMs: () => 0,
    isUp: () => true,
  });
  const server = createEdgeServer(edge, 'd111.cloudfront.net');
  ports.edge = await listenOnLoopback(server, 0);
  stops.push(() => closeServer(server, 0));
});

beforeEach(() => void reached.splice(0));
afterAll(async () => {
  for (const stop of stops) await stop();
  await rig.stop();
  await service.close();
});

/** Sends bytes. Returns the statuses of the responses, until the other side has closed the connection or is silent. */
async function exchange(hop: Hop, bytes: string) {
  const socket = connect(ports[hop], '127.0.0.1');
  let received = '';
  let closed = true;
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  // The other side may close it while bytes are still on their way.
  socket.on('error', () => {});
  socket.setTimeout(300, () => {
    closed = false;
    socket.destroy();
  });
  socket.write(bytes);
  await once(socket, 'close');
  return { statuses: [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status)), closed };
}

const smuggled = 'GET /things/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
const json = 'Host: localhost\r\nContent-Type: application/json\r\n';
const post = (headers: string, body: string) => `POST /things HTTP/1.1\r\n${json}${headers}\r\n${body}`;
const get = (target: string, headers = '') => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

const framing: [string, string][] = [
  ['CL.TE', post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`)],
  ['TE.CL', post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `5c\r\n${smuggled}\r\n0\r\n\r\n`)],
  ['two Content-Length', post('Content-Length: 2\r\nContent-Length: 60\r\n', `{}${smuggled}`)],
  ['a list as Content-Length', post('Content-Length: 2, 2\r\n', `{}${smuggled}`)],
  ['a signed Content-Length', post('Content-Length: +2\r\n', `{}${smuggled}`)],
  ['an obfuscated Transfer-Encoding', post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled}`)],
  ['chunked before another encoding', post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${smuggled}`)],
  [
    'two Transfer-Encoding',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', `0\r\n\r\n${smuggled}`),
  ],
  ['a vertical tab before chunked', post('Transfer-Encoding: \vchunked\r\n', `0\r\n\r\n${smuggled}`)],
  ['a space before the colon', post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${smuggled}`)],
  ['a folded Transfer-Encoding', post('Transfer-Encoding:\r\n chunked\r\nContent-Length: 2\r\n', `{}${smuggled}`)],
  ['a bare LF after a header', `GET /things/a HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n${smuggled}`],
  ['a bare CR in a header', get('/things/a', 'X: a\rTransfer-Encoding: chunked\r\n')],
  ['a NUL in a header', get('/things/a', 'X: a\0b\r\n')],
  ['a bare LF after a chunk size', post('Transfer-Encoding: chunked\r\n', `2\n{}\r\n0\r\n\r\n${smuggled}`)],
  ['a chunk size that is no number', post('Transfer-Encoding: chunked\r\n', `2x\r\n{}\r\n0\r\n\r\n${smuggled}`)],
  ['a chunk that is longer than its size', post('Transfer-Encoding: chunked\r\n', `2\r\n{}{}\r\n0\r\n\r\n${smuggled}`)],
  ['an HTTP version of its own', `GET /things/a HTTP/9.9\r\nHost: localhost\r\n\r\n`],
  ['a target without a slash', get('things/a')],
  ['a blank in the target', get('/things/a b')],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
];

describe.each(hops)('at the %s', (hop) => {
  const isServed = async () => {
    expect(await send(ports[hop], '/things/next', { headers: { host: 'localhost' } })).toMatchObject({
      status: 200,
      body: '{"id":"next"}',
    });
    reached.pop();
  };

  test.each(framing)(
    '%s is a 400 that closes the connection, and nothing reaches the service',
    async (_what, bytes) => {
      expect(await exchange(hop, bytes)).toEqual({ statuses: [400], closed: true });
      await isServed();
      expect(reached).toEqual([]);
    },
  );

  test('chunks with HTTP/1.0 close the connection, and nothing behind them is a request', async () => {
    const head = `POST /things HTTP/1.0\r\n${json}Transfer-Encoding: chunked\r\n\r\n`;
    const { closed } = await exchange(hop, `${head}2\r\n{}\r\n0\r\n\r\n${smuggled}`);
    expect(closed).toBe(true);
    await isServed();
    expect(reached).not.toContain('GET /things/smuggled');
  });

  test('headers over the limit close the connection', async () => {
    const status = { edge: 494, balancer: 400, service: 431 }[hop];
    const many = Array.from({ length: 10_000 }, (_, i) => `X${i}: 1\r\n`).join('');
    for (const headers of [`X: ${'x'.repeat(100_000)}\r\n`, many])
      expect(await exchange(hop, get('/things/a', headers))).toEqual({ statuses: [status], closed: true });
    await isServed();
    expect(reached).toEqual([]);
  });

  test('a target that names a host is a 400', async () => {
    for (const host of ['evil.example', 'localhost'])
      expect((await exchange(hop, get(`http://${host}/things/a`))).statuses).toEqual([400]);
    expect(reached).toEqual([]);
  });

  test.each([
    ['a NUL', '/things/%00', '{"id":"\\u0000"}'],
    ['a slash', '/things/a%2fb', '{"id":"a/b"}'],
    ['dots', '/things/%2e%2e', '{"id":".."}'],
  ])('%s that is encoded stays a part of its segment', async (_what, path, body) => {
    expect(await send(ports[hop], path, { headers: { host: 'localhost' } })).toMatchObject({ status: 200, body });
  });

  test.each([
    ['dots that lead to another path', '/stored/../things/a', 404],
    ['an escape that is none', '/things/%zz', 400],
    ['an overlong encoding', '/things/%c0%af', 400],
  ])('%s are not followed', async (_what, path, status) => {
    expect((await exchange(hop, get(path))).statuses).toEqual([status]);
    expect(reached.filter((each) => each.startsWith('GET /things/'))).toEqual([]);
  });

  test('no header overrides the method', async () => {
    const names = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'];
    const headers = { host: 'localhost', ...Object.fromEntries(names.map((name) => [name, 'POST'])) };
    expect(await send(ports[hop], '/things/a', { headers })).toMatchObject({ status: 200, body: '{"id":"a"}' });
  });

  test('CONNECT opens nothing, and Upgrade is not followed', async () => {
    expect(await exchange(hop, 'CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n')).toEqual({
      statuses: [],
      closed: true,
    });
    const upgrade = get(
      '/things/a',
      'Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
    );
    expect((await exchange(hop, upgrade)).statuses).toEqual([200]);
  });

  test('hundreds of requests that never end do not keep others from being served', async () => {
    const halves = ['GET /things/a HTTP/1.1\r\nHost: loc', post('Content-Length: 20\r\n', '{')];
    const slow = Array.from({ length: 400 }, (_, i) => {
      const socket = connect(ports[hop], '127.0.0.1', () => socket.write(halves[i % 2]!));
      return socket.on('error', () => {});
    });
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    // All hops share a thread here: while it reads hundreds of requests at once, the service may ask to come back.
    while ((await send(ports[hop], '/things/a', { headers: { host: 'localhost' } })).status === 503) await sleep(50);
    await isServed();
    for (const socket of slow) socket.destroy();
  });
});

test('what follows a refused request to a stored path is not stored for it', async () => {
  const stored = () => send(ports.edge, '/stored/a', { headers: { host: 'localhost' } });
  await exchange('edge', get('/stored/a', `Content-Length: ${smuggled.length}\r\n`) + smuggled);
  await exchange(
    'edge',
    get('/stored/a', 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n') + `0\r\n\r\n${smuggled}`,
  );
  expect(await stored()).toMatchObject({ status: 200, body: '{"id":"a"}' });
  expect(await stored()).toMatchObject({ body: '{"id":"a"}', headers: { 'x-cache': 'Hit from cloudfront' } });
  expect(reached).toEqual(['GET /stored/a']);
});
