import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { afterAll, expect, test } from '@jest/globals';

import { apply, type Load } from '../../bench/load.ts';

const seen = { requests: 0, clients: new Set<string | undefined>(), peers: new Set<string | undefined>() };
let status = 200;
const server = createServer(({ headers, socket }, response) => {
  seen.requests += 1;
  seen.clients.add(headers['cloudfront-viewer-address'] as string | undefined);
  seen.peers.add(socket.remoteAddress);
  response.writeHead(status, { 'content-length': 2 }).end('{}');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const load: Load = {
  port: (server.address() as AddressInfo).port,
  path: '/',
  seconds: 0.3,
  connections: 4,
  clients: 'header',
};
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('every response is counted, and each request is that of another client', async () => {
  const { ok, failed } = await apply(load);
  expect(failed).toEqual({});
  expect(ok).toBe(seen.requests);
  expect(ok).toBeGreaterThan(10);
  expect(seen.clients.size).toBe(Math.min(ok, 20_000));
  expect(seen.peers.size).toBe(1);
});

test('each connection can be that of another client instead', async () => {
  seen.peers.clear();
  await apply({ ...load, clients: 'connection' });
  expect(seen.peers.size).toBeGreaterThanOrEqual(4);
});

test('a response other than 200 fails the measurement', async () => {
  status = 429;
  await expect(apply(load)).rejects.toThrow('had failures: {"429":');
});
