import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createEdge } from '../../../../local/resources/cloudfront/edge.ts';
import { originHeaders } from '../../../../local/resources/cloudfront/origin-headers.ts';
import { forwardTo } from '../../../../local/resources/elbv2/load-balancer/actions.ts';
import { createEdgeServer, viewerLimits } from '../../../../local/resources/cloudfront/edge-server.ts';
import { chooseBehavior, type Behavior } from '../../../../local/resources/cloudfront/behaviors.ts';
import { closeServer, listenOnLoopback } from '../../../../local/http/server.ts';
import type { RequestListener } from 'node:http';
import type { Hop } from '../../../../local/http/hop.ts';
import { bodyOf } from './body.ts';
import { singleOrigin } from './origin.ts';
import { asObject, behavior, domainName, get, options, storing } from './edge-parts.ts';
import { createRig, send, sendRaw, until } from '../elbv2/load-balancer/rig.ts';

const rig = createRig();
afterEach(() => rig.stop());

async function edgeBefore(handler: RequestListener, timeoutMs?: number, limits: Partial<typeof viewerLimits> = {}) {
  const group = rig.group();
  const { port } = await rig.backend(handler);
  group.register({ id: 'task', host: '127.0.0.1', port });
  await until(() => group.health('task') === 'healthy');
  const { listener } = await rig.balancer(forwardTo([{ group, weight: 1 }]));
  const hop = createEdge(singleOrigin(listener.hop, timeoutMs), options);
  const server = createEdgeServer(hop, domainName, { ...viewerLimits, ...limits });
  const edgePort = await listenOnLoopback(server, 0);
  return { port: edgePort, close: () => closeServer(server, 0) };
}

test('the viewer’s address is appended to what the viewer claims', () => {
  const forged = ['X-Forwarded-For', '1.1.1.1', 'x-forwarded-for', '2.2.2.2'];
  expect(asObject(originHeaders(forged, { address: '198.51.100.9', port: 5000 }, 'via', 'id'))['X-Forwarded-For']).toBe(
    '1.1.1.1, 2.2.2.2, 198.51.100.9',
  );
});

test('headers that CloudFront removes do not reach the origin, all others do', () => {
  const sent = [
    'X-Real-IP',
    '1.1.1.1',
    'X-Forwarded-Proto',
    'https',
    'X-Edge-A',
    'b',
    'CloudFront-Forwarded-Proto',
    'https',
    'CloudFront-Viewer-Address',
    '1.1.1.1:1',
    'X-HTTP-Method-Override',
    'PUT',
    'TE',
    't',
  ];
  const seen = asObject(
    originHeaders(
      [...sent, 'Host', 'shop.example', 'Cookie', 'a=b', 'Via', '1.0 x'],
      { address: '127.0.0.1', port: 5000 },
      'own',
      'id',
    ),
  );
  expect(seen).toEqual({
    Host: 'shop.example',
    Cookie: 'a=b',
    'X-Forwarded-For': '127.0.0.1',
    'CloudFront-Viewer-Address': '127.0.0.1:5000',
    'CloudFront-Forwarded-Proto': 'http',
    Via: '1.0 x, own',
    'X-Amz-Cf-Id': 'id',
  });
});

test('every response carries the headers of the edge, also an error of the load balancer', async () => {
  const { port, close } = await edgeBefore(({ url, socket }, response) =>
    url === '/reset' ? socket.destroy() : response.end('ok'),
  );
  const answer = await send(port, '/', { method: 'POST', body: 'x' });
  expect(answer).toMatchObject({ status: 200, body: 'ok' });
  expect(answer.headers).toMatchObject({
    'x-cache': 'Miss from cloudfront',
    via: '1.1 d111.cloudfront.net (CloudFront)',
  });
  const failed = await send(port, '/reset');
  expect(failed.status).toBe(502);
  expect(failed.headers['x-amz-cf-id']).toMatch(/^[0-9a-f]{56}$/);
  await close();
});

test('a method that is not allowed and a GET with a body are a 403, a URL over 8 KiB a 414', async () => {
  const { port, close } = await edgeBefore((_, response) => response.end());
  const blocked = await send(port, '/', { method: 'DELETE' });
  expect(blocked.status).toBe(403);
  expect(blocked.headers['x-cache']).toBe('Error from cloudfront');
  expect((await send(port, '/', { headers: { 'Content-Length': '1' }, body: 'x' })).status).toBe(403);
  expect((await send(port, `/${'a'.repeat(8192)}`)).status).toBe(414);
  await close();
});

test('an origin that takes longer than the distribution waits is a 504', async () => {
  const { port, close } = await edgeBefore(() => {}, 60);
  const answer = await send(port, '/');
  expect(answer.status).toBe(504);
  expect(answer.headers.server).toBe('CloudFront');
  await close();
});

test('an origin that pauses in its response for longer than the distribution waits is broken off', async () => {
  const { port, close } = await edgeBefore((_, response) => void response.write('part'), 60);
  await expect(send(port, '/')).rejects.toThrow('aborted');
  await close();
});

test('an origin that fails is a 502 of the CDN', async () => {
  const origin = () => Promise.reject(new Error('no listener'));
  const edge = createEdge(singleOrigin(origin), options);
  const response = await edge(get());
  expect(response).toMatchObject({ status: 502, headers: expect.arrayContaining(['Server', 'CloudFront']) });
});

test('a viewer that leaves gets no page', async () => {
  const viewer = new AbortController();
  const origin: Hop = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('gone'))));
  const edge = createEdge(singleOrigin(origin), options);
  const response = edge(get({ signal: viewer.signal }));
  viewer.abort();
  await expect(response).rejects.toThrow('gone');
});

test.each([
  ['a bad request line', 'NOT HTTP\r\n\r\n', 400],
  ['conflicting framing', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ['headers over 32 KiB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(33_000)}\r\n\r\n`, 494],
  ['headers that do not end', 'GET / HTTP/1.1\r\nHost: a\r\n', 408],
])('a request with %s gets the page of CloudFront', async (_, bytes, status) => {
  const { port, close } = await edgeBefore((_request, response) => response.end(), undefined, { headersTimeoutMs: 50 });
  const answer = await sendRaw(port, bytes);
  expect(answer).toContain(`HTTP/1.1 ${status} `);
  expect(answer).toContain('\r\nServer: CloudFront\r\n');
  expect(answer).toContain('\r\nX-Cache: Error from cloudfront\r\n');
  expect(answer).toContain(`<H1>${status} ERROR</H1>`);
  expect(answer).not.toContain('awselb');
  await close();
});

test('a URL that is too long closes the connection', async () => {
  const { port, close } = await edgeBefore((_, response) => response.end());
  const answer = await sendRaw(port, `GET /${'a'.repeat(8192)} HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1.1 414 /);
  expect(answer.toLowerCase()).toContain('connection: close\r\n');
  await close();
});

describe('the Host header', () => {
  test.each(['localhost:8080', 'LOCALHOST', 'shop.localhost:8080', '127.0.0.1:8080', '127.1.2.3', '[::1]:8080'])(
    '%s is a name of this machine',
    async (host) => {
      const edge = createEdge(
        singleOrigin(async () => ({ status: 200, headers: [], body: 'ok' })),
        options,
      );
      expect(await edge(get({ headers: ['Host', host] }))).toMatchObject({ status: 200 });
    },
  );

  test.each([
    ['Host', 'shop.example.com'],
    ['Host', '127.0.0.1.evil.example:8080'],
    ['Host', 'localhost@evil.example'],
    ['Host', '10.0.0.7:8080'],
    [],
  ])('%s %s is refused with a problem, so that no page reaches the edge by DNS rebinding', async (...headers) => {
    const edge = createEdge(
      singleOrigin(() => Promise.reject(new Error('reached the origin'))),
      options,
    );
    const response = await edge(get({ headers }));
    expect(response).toMatchObject({
      status: 403,
      headers: expect.arrayContaining(['Content-Type', 'application/problem+json']),
    });
    expect(JSON.parse(response.body as string).detail).toContain('Use http://127.0.0.1:8080.');
  });

  test('twice is a 400 that reaches no task', async () => {
    let reached = 0;
    const { port, close } = await edgeBefore((_, response) => {
      reached++;
      response.end();
    });
    const bytes = 'GET / HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n\r\n';
    expect(await sendRaw(port, bytes)).toMatch(/^HTTP\/1.1 400 /);
    expect(reached).toBe(0);
    await close();
  });
});

test('a viewer that keeps sending its headers slowly is cut off with a 408', async () => {
  const { port, close } = await edgeBefore((_, response) => response.end(), undefined, { headersTimeoutMs: 200 });
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
  const drip = setInterval(() => socket.write('X: y\r\n'), 20);
  await once(socket, 'close');
  clearInterval(drip);
  expect(received).toMatch(/^HTTP\/1.1 408 /);
  await close();
});

test('the times that a viewer has for headers and for a whole request are limited, far below the idle time', () => {
  const server = createEdgeServer(() => new Promise(() => {}), domainName);
  expect(server.headersTimeout).toBeLessThanOrEqual(30_000);
  expect(server.requestTimeout).toBeGreaterThan(server.headersTimeout);
  expect(server.requestTimeout).toBeLessThan(server.keepAliveTimeout);
});

describe('while the system starts', () => {
  const failing = () => Promise.reject(new Error('no listener'));

  test('an origin that is not there yet is a 503 with Retry-After, which is not stored', async () => {
    let isUp = false;
    let origin: Hop = failing;
    const edge = createEdge(
      singleOrigin((request) => origin(request)),
      { ...options, behaviorOf: () => storing, errorTtlMs: () => 60_000, isUp: () => isUp },
    );
    expect(await edge(get())).toMatchObject({ status: 503, headers: expect.arrayContaining(['Retry-After', '1']) });
    isUp = true;
    origin = async () => ({ status: 200, headers: [], body: 'ok' });
    expect(await edge(get())).toMatchObject({ status: 200 });
  });

  test('a path without a rule is a 503 with Retry-After, not the 404 of the default action', async () => {
    let isUp = false;
    const notFound = { type: 'fixed-response', status: 404, contentType: 'application/json', body: '{}' } as const;
    const { listener } = await rig.balancer(notFound, {}, () => isUp);
    const edge = createEdge(singleOrigin(listener.hop), { ...options, isUp: () => isUp });
    const response = await edge(get({ url: '/api/orders/1' }));
    expect(response).toMatchObject({ status: 503, headers: expect.arrayContaining(['Retry-After', '1']) });
    expect(JSON.parse(await bodyOf(response))).toMatchObject({
      status: 503,
      detail: expect.stringContaining('starting'),
    });
    isUp = true;
    expect(await edge(get({ url: '/api/orders/1' }))).toMatchObject({ status: 404 });
  });

  test('a service without a healthy task is a 503 with Retry-After, also once the system is up', async () => {
    const group = rig.group();
    let isUp = false;
    const { listener } = await rig.balancer(forwardTo([{ group, weight: 1 }]), {}, () => isUp);
    const edge = createEdge(singleOrigin(listener.hop), { ...options, isUp: () => isUp });
    const unavailable = { status: 503, headers: expect.arrayContaining(['Retry-After', '1']) };
    expect(await edge(get())).toMatchObject(unavailable);
    // Does not listen yet.
    const { port } = await rig.backend((_, response) => response.end('ok'));
    group.register({ id: 'starting', host: '127.0.0.1', port: 9 });
    expect(await edge(get())).toMatchObject(unavailable);
    isUp = true;
    expect(await edge(get())).toMatchObject(unavailable);
    group.register({ id: 'task', host: '127.0.0.1', port });
    await until(() => group.health('task') === 'healthy');
    expect(await edge(get())).toMatchObject({ status: 200 });
  });
});

describe('the viewer protocol policy of a request without TLS', () => {
  const page: Behavior = { ...behavior, viewerProtocolPolicy: 'redirect-to-https' };
  const api: Behavior = { ...behavior, pathPattern: '/api/*', viewerProtocolPolicy: 'https-only' };
  const edge = createEdge(
    singleOrigin(async () => ({ status: 200, headers: [], body: 'ok' })),
    {
      ...options,
      behaviorOf: chooseBehavior([api], page),
    },
  );
  const elsewhere = { client: { address: '198.51.100.9', port: 50_000 } };

  test('https-only refuses it: a redirected client would already have sent its password in the clear', async () => {
    for (const url of ['/api/orders', '/api/orders?a=/b', '/x/../api/orders'])
      expect(await edge(get({ url, ...elsewhere }))).toMatchObject({ status: 403 });
  });

  test('redirect-to-https redirects it to the same path, and keeps the method', async () => {
    expect(await edge(get({ url: '/films?a=b', ...elsewhere }))).toMatchObject({
      status: 301,
      headers: expect.arrayContaining(['Location', 'https://localhost/films?a=b']),
    });
    expect(await edge(get({ method: 'POST', url: '/', ...elsewhere }))).toMatchObject({ status: 307 });
  });

  test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('a request from %s counts as encrypted', async (address) => {
    for (const url of ['/', '/api/orders'])
      expect(await edge(get({ url, client: { address, port: 1 } }))).toMatchObject({ status: 200 });
  });

  test('patterns are tried in order, and are case-sensitive', () => {
    const choose = chooseBehavior([api, { ...behavior, pathPattern: '/*.png' }], page);
    expect(choose('/api/a.png')).toBe(api);
    expect(choose('/a.png').pathPattern).toBe('/*.png');
    expect(choose('/API/orders')).toBe(page);
    expect(choose('/api')).toBe(page);
  });
});
