import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import { networkInterfaces } from 'node:os';

import { expect } from '@jest/globals';

import type { Status } from '../../local/status.ts';

/**
 * Addresses of this machine that a server on 127.0.0.1 must not be reached at: those of its network, and on Linux another
 * one of 127.0.0.0/8, which a server on all interfaces accepts too.
 */
const otherAddresses = (): string[] => [
  ...Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    // A link-local address of version 6 needs a zone.
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address),
  ...(process.platform === 'linux' ? ['127.0.0.2'] : []),
];

/** How long a refused connection may take, in ms; one that is not refused is accepted at once. */
const withinMs = 2_000;

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: withinMs });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      for (const event of ['error', 'timeout'] as const) socket.once(event, () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}

/** Asserts that each of the ports is open on loopback and refused at every other address of this machine. */
export async function expectLoopbackOnly(ports: Readonly<Record<string, number>>): Promise<void> {
  await expectNoticed();
  const reached: string[] = [];
  const closed: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    if (!(await accepts('127.0.0.1', port))) closed.push(`${name} at 127.0.0.1:${port}`);
    for (const host of otherAddresses()) if (await accepts(host, port)) reached.push(`${name} at ${host}:${port}`);
  }
  expect({ reached, closed }).toEqual({ reached: [], closed: [] });
}

/** A server on all interfaces must be noticed here, or the assertion would prove nothing. */
async function expectNoticed(): Promise<void> {
  const open = createServer().listen(0);
  await once(open, 'listening');
  const address = open.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const outcomes = await Promise.all(otherAddresses().map((host) => accepts(host, port)));
  open.close();
  expect(outcomes).toContain(true);
}

/** Returns every port that a running system has opened, by what it is. */
export function portsOf({ edge, endpoint, loadBalancers, services, databases, redis }: Status): Record<string, number> {
  const urls = Object.fromEntries(
    [
      ['edge', edge],
      ['endpoint', endpoint],
      ['Redis', redis.url],
      ...loadBalancers.map(({ name, url }) => [`load balancer ${name}`, url] as const),
      ...databases.map(({ name, url }) => [`database ${name}`, url] as const),
    ].filter(([, url]) => url !== ''),
  ) as Record<string, string>;
  return {
    ...Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, Number(new URL(url).port)])),
    ...Object.fromEntries(
      services.flatMap(({ name, tasks }) => tasks.flatMap(({ id, port }) => (port ? [[`${name} ${id}`, port]] : []))),
    ),
  };
}
