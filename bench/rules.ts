import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { apply } from './load.ts';
import { median } from './median.ts';

/** In the order in which they are added: the cost of each is the difference that it makes. */
const rules = ['kit', 'cache', 'log', 'metrics', 'limits'] as const;
export type Rule = (typeof rules)[number];

export interface Cost {
  readonly name: string;
  /** CPU of the server for a request, in us, with this rule and those before it. */
  readonly total: number;
}

interface Server {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly costs: number[];
}

/** Measures the CPU that a cached response takes with more and more rules, in slices that alternate. */
export async function costsOf(
  redis: { readonly url: string; readonly caFile?: string },
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<readonly Cost[]> {
  const servers: Server[] = [];
  try {
    for (let count = 0; count <= rules.length; count++) servers.push(await startServer(rules.slice(0, count), redis));
    for (let round = 0; round <= rounds; round++) {
      for (const { child, port, costs } of servers) {
        const before = await cpuOf(child);
        const { ok } = await apply({ port, path: '/bench/1', seconds, connections: 32, clients: 'header' });
        // The first one warms up.
        if (round > 0) costs.push(((await cpuOf(child)) - before) / ok);
      }
    }
    return servers.map(({ name, costs }) => ({ name, total: median(costs) }));
  } finally {
    for (const { child } of servers) child.kill();
  }
}

async function startServer(added: readonly Rule[], redis: { url: string; caFile?: string }): Promise<Server> {
  const child = fork(join(import.meta.dirname, 'ruled.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, RULES: added.join(','), REDIS_URL: redis.url, NODE_EXTRA_CA_CERTS: redis.caFile },
  });
  const [port] = (await once(child, 'message')) as [number];
  return { name: added.at(-1) ?? 'Fastify', child, port, costs: [] };
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [us] = (await once(child, 'message')) as [number];
  return us;
}
