import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from '@jest/globals';

/** The exit code of the container's health check, asked of a service that answers so. */
async function check(answer: RequestListener): Promise<number | null> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const child = execFile(process.execPath, ['app/health.js'], { env: { PORT: String(port) } });
  const [code] = (await once(child, 'exit')) as [number | null];
  server.closeAllConnections();
  server.close();
  return code;
}

test('a container whose service says it is well is well', async () => {
  const asked: (string | undefined)[] = [];
  const code = await check((request, response) => {
    asked.push(request.url);
    response.end('{"status":"ok"}');
  });
  expect([code, asked]).toEqual([0, ['/api/health']]);
});

test.each<[string, RequestListener]>([
  ['answers with an error', (_request, response) => void response.writeHead(503).end()],
  ['hangs up', (request) => void request.socket.destroy()],
])('a container whose service %s is ill', async (_what, answer) => {
  expect(await check(answer)).toBe(1);
});
