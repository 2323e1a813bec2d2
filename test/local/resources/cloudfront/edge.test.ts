import { afterEach, expect, test } from '@jest/globals';
import { createEdge, originHeaders } from '../../../../local/resources/cloudfront/edge.ts';
import { forwardTo } from '../../../../local/resources/elbv2/load-balancer/actions.ts';
import { refusalPage } from '../../../../local/resources/cloudfront/pages.ts';
import { closeServer, createHttpServer, listenOnLoopback, type Fault } from '../../../../local/http/server.ts';
import type { RequestListener } from 'node:http';
import type { Hop, HopRequest } from '../../../../local/http/hop.ts';
import { createRig, send, sendRaw, until } from '../elbv2/load-balancer/rig.ts';

const domainName = 'd111.cloudfront.net';
const rig = createRig();
afterEach(() => rig.stop());

async function edgeBefore(
  handler: RequestListener,
  more: { allowedMethods?: string[]; originTimeoutMs?: number; viewerIdleMs?: number } = {},
) {
  const group = rig.group();
  const { port } = await rig.backend(handler);
  group.register({ id: 'task', host: '127.0.0.1', port });
  await until(() => group.health('task') === 'healthy');
  const { listener } = await rig.balancer(forwardTo([{ group, weight: 1 }]));
  const hop = createEdge(listener.hop, {
    domainName,
    allowedMethods: ['GET', 'HEAD', 'POST'],
    originTimeoutMs: 30_000,
    ...more,
  });
  const refuse = (fault: Fault) => refusalPage(fault, domainName);
  const server = createHttpServer({ hop, refuse, idleTimeoutMs: more.viewerIdleMs ?? 60_000, maxHeaderBytes: 32_768 });
  const edgePort = await listenOnLoopback(server, 0);
  return { port: edgePort, close: () => closeServer(server, 0) };
}

const get = (more: Partial<HopRequest> = {}): HopRequest => ({
  method: 'GET',
  url: '/',
  headers: ['Host', 'shop.example'],
  body: undefined,
  bodyArrived: () => true,
  client: { address: '198.51.100.9', port: 50_000 },
  signal: new AbortController().signal,
  ...more,
});

const asObject = (raw: readonly string[]) =>
  Object.fromEntries(
    Array.from({ length: raw.length / 2 }, (_, index) => raw.slice(index * 2, index * 2 + 2)) as [string, string][],
  );

test('the viewer’s address is appended to what the viewer claims', () => {
  const forged = ['X-Forwarded-For', '1.1.1.1', 'x-forwarded-for', '2.2.2.2'];
  expect(asObject(originHeaders(forged, '198.51.100.9', 'via', 'id'))['X-Forwarded-For']).toBe(
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
    'X-HTTP-Method-Override',
    'PUT',
    'TE',
    't',
  ];
  const seen = asObject(
    originHeaders([...sent, 'Host', 'shop.example', 'Cookie', 'a=b', 'Via', '1.0 x'], '127.0.0.1', 'own', 'id'),
  );
  expect(seen).toEqual({
    Host: 'shop.example',
    Cookie: 'a=b',
    'X-Forwarded-For': '127.0.0.1',
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

test('a method that is not allowed and a GET with a body are a 403, a URL over 8 KiB a 413', async () => {
  const { port, close } = await edgeBefore((_, response) => response.end());
  const blocked = await send(port, '/', { method: 'DELETE' });
  expect(blocked.status).toBe(403);
  expect(blocked.headers['x-cache']).toBe('Error from cloudfront');
  expect((await send(port, '/', { headers: { 'Content-Length': '1' }, body: 'x' })).status).toBe(403);
  expect((await send(port, `/${'a'.repeat(8192)}`)).status).toBe(413);
  await close();
});

test('an origin that takes longer than the distribution waits is a 504', async () => {
  const { port, close } = await edgeBefore(() => {}, { originTimeoutMs: 60 });
  const answer = await send(port, '/');
  expect(answer.status).toBe(504);
  expect(answer.headers.server).toBe('CloudFront');
  await close();
});

test('an origin that pauses in its response for longer than the distribution waits is broken off', async () => {
  const { port, close } = await edgeBefore((_, response) => void response.write('part'), { originTimeoutMs: 60 });
  await expect(send(port, '/')).rejects.toThrow('aborted');
  await close();
});

test('an origin that fails is a 502 of the CDN', async () => {
  const origin = () => Promise.reject(new Error('no listener'));
  const edge = createEdge(origin, { domainName, allowedMethods: ['GET'], originTimeoutMs: 1000 });
  const response = await edge(get());
  expect(response).toMatchObject({ status: 502, headers: expect.arrayContaining(['Server', 'CloudFront']) });
});

test('a viewer that leaves gets no page', async () => {
  const viewer = new AbortController();
  const origin: Hop = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('gone'))));
  const edge = createEdge(origin, { domainName, allowedMethods: ['GET'], originTimeoutMs: 1000 });
  const response = edge(get({ signal: viewer.signal }));
  viewer.abort();
  await expect(response).rejects.toThrow('gone');
});

test.each([
  ['a bad request line', 'NOT HTTP\r\n\r\n', 400],
  ['conflicting framing', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ['headers over 32 KiB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(33_000)}\r\n\r\n`, 413],
  ['headers that do not end', 'GET / HTTP/1.1\r\nHost: a\r\n', 408],
])('a request with %s gets the page of CloudFront', async (_, bytes, status) => {
  const { port, close } = await edgeBefore((_request, response) => response.end(), { viewerIdleMs: 50 });
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
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
  expect(answer.toLowerCase()).toContain('connection: close\r\n');
  await close();
});
