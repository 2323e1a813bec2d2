import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from '@jest/globals';

/** Returns the exit code of the container's health check for a service that responds with `listener`. */
async function check(listener: RequestListener): Promise<number | null> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const child = execFile(process.execPath, ['app/health.js'], { env: { PORT: String(port) } });
  const [code] = (await once(child, 'exit')) as [number | null];
  server.closeAllConnections();
  server.close();
  return code;
}

test('a container whose service responds with 200 is healthy', async () => {
  const paths: (string | undefined)[] = [];
  const code = await check((request, response) => {
    paths.push(request.url);
    response.end('{"status":"ok"}');
  });
  expect([code, paths]).toEqual([0, ['/api/health']]);
});

test.each<[string, RequestListener]>([
  ['responds with an error', (_request, response) => void response.writeHead(503).end()],
  ['closes the connection', (request) => void request.socket.destroy()],
])('a container whose service %s is unhealthy', async (_what, listener) => {
  expect(await check(listener)).toBe(1);
});
