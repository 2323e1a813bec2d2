import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections (32768 and up on Linux, 49152 and up on macOS), which would
 * take a port between the moment it was found free and the moment somebody listens.
 */
const firstPort = 20_000;
const lastPort = 32_000;
let next = randomInt(firstPort, lastPort);

/** A port of 127.0.0.1 that nobody listens on, another one at each call. */
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
