import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ephemeral ports of outgoing connections (from 32768 on Linux, from 49152 on macOS), which could take a port
 * between the check and the listen.
 */
const firstPort = 20_000;
const lastPort = 32_000;
let next = randomInt(firstPort, lastPort);

/** Returns a free port of 127.0.0.1, a different one at each call. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next;
    next = port >= lastPort ? firstPort : port + 1;
    if (await isFree(port)) return port;
  }
}

export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
