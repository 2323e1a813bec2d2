import { afterEach, expect, test } from '@jest/globals';
import { createEdge, originHeaders } from '../../../../local/resources/cloudfront/edge.ts';
import { forwardTo } from '../../../../local/resources/elbv2/load-balancer/actions.ts';
import { closeServer, listenOnLoopback } from '../../../../local/http/server.ts';
import type { RequestListener } from 'node:http';
import { createRig, send, until } from '../elbv2/load-balancer/rig.ts';

const rig = createRig();
afterEach(() => rig.stop());

async function edgeBefore(
  handler: RequestListener,
  more: { allowedMethods?: string[]; originTimeoutMs?: number } = {},
) {
  const group = rig.group();
  const { port } = await rig.backend(handler);
  group.register({ id: 'task', host: '127.0.0.1', port });
  await until(() => group.health('task') === 'healthy');
  const { listener } = await rig.balancer(forwardTo([{ group, weight: 1 }]));
  const server = createEdge({
    domainName: 'd111.cloudfront.net',
    allowedMethods: ['GET', 'HEAD', 'POST'],
    originTimeoutMs: 30_000,
    origin: () => listener,
    ...more,
  });
  const edgePort = await listenOnLoopback(server, 0);
  return { port: edgePort, close: () => closeServer(server, 0) };
}

const asObject = (raw: readonly string[]) =>
  Object.fromEntries(
    Array.from({ length: raw.length / 2 }, (_, index) => raw.slice(index * 2, index * 2 + 2)) as [string, string][],
  );

test('the viewer’s address follows whatever the viewer claims', () => {
  const forged = ['X-Forwarded-For', '1.1.1.1', 'x-forwarded-for', '2.2.2.2'];
  expect(asObject(originHeaders(forged, '198.51.100.9', 'via', 'id'))['X-Forwarded-For']).toBe(
    '1.1.1.1, 2.2.2.2, 198.51.100.9',
  );
});

test('what CloudFront removes does not reach the origin, the rest does', () => {
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

test('an answer carries the edge’s own headers, one the load balancer made up too', async () => {
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
  expect((await send(port, '/')).status).toBe(504);
  await close();
});
