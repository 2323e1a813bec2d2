import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';
import { Client } from 'pg';

import { start, type StartedSystem } from '../local/client.ts';
import { freePort } from '../local/host/free-port.ts';
import type { Status } from '../local/status.ts';
import { findRedis } from '../local/resources/elasticache/redis-binary.ts';
import type { Ready } from './bare.ts';

/** Of the demo catalogue; its response has 158 bytes. */
export const smallProduct = '/api/products/the-shawshank-redemption-1994';
/** Its response has 1.2 KB. */
export const largeProduct = '/api/products/bench';
export const list = '/api/products?limit=100';
export const home = '/';
export const health = '/api/health';

/** The ports of what is compared, all with the same responses. */
export interface Subjects {
  /** A task of `catalog`, with all its rules. */
  readonly task: number;
  /** The CDN in front of the load balancer in front of that task. */
  readonly edge: number;
  readonly articles: number;
  readonly bare: number;
  readonly redis: Status['redis'];
  stop(): Promise<void>;
}

/** Starts the whole system, the articles' server with a Redis of its own, and a bare server. */
export async function startSubjects(): Promise<Subjects> {
  const directory = await mkdtemp(join(tmpdir(), 'headroom-bench-'));
  const stops: (() => unknown)[] = [() => rm(directory, { recursive: true, force: true })];
  const stop = async () => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  try {
    const edge = await freePort();
    const system = await start({ stateDir: directory, edgePort: edge, endpointPort: await freePort() });
    stops.push(() => system.stop());
    await addLargeProduct(system);
    const task = portOf(await system.status(), 'catalog');
    const ready = await fetchAll(task);

    const redis = await startPlainRedis(stops);
    await fillArticles(redis, ready);
    const articles = await startServer('articles.ts', stops, { REDIS_URL: redis });
    const bare = await startServer('bare.ts', stops, {}, ready);
    return { task, edge, articles, bare, redis: (await system.status()).redis, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function portOf({ services }: Status, service: string): number {
  const task = services.find(({ name }) => name === service)?.tasks[0];
  if (task === undefined) throw new Error(`${service} has no task`);
  return task.port;
}

async function addLargeProduct(system: StartedSystem): Promise<void> {
  const { databases } = await system.status();
  const client = new Client({ connectionString: databases.find(({ role }) => role === 'primary')!.url });
  await client.connect();
  await client.query(
    `INSERT INTO catalog.products (id, name, price_cents, popularity, words) VALUES ('bench', $1, 1999, 0, 'bench') ON CONFLICT DO NOTHING`,
    ['A name that makes the product large. '.repeat(28)],
  );
  await client.end();
}

async function fetchAll(port: number): Promise<Readonly<Record<string, Ready>>> {
  const ready: Record<string, Ready> = {};
  for (const path of [smallProduct, largeProduct, list, home, health]) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const body = await response.text();
    if (response.status !== 200) throw new Error(`GET ${path} of catalog is ${response.status}: ${body}`);
    const headers = Object.entries(Object.fromEntries(response.headers));
    ready[path] = {
      headers: Object.fromEntries(headers.filter(([name]) => !/^(?:connection|keep-alive|date)$/.test(name))),
      body,
    };
  }
  return ready;
}

/** Without TLS and without a password, as the articles use it. */
async function startPlainRedis(stops: (() => unknown)[]): Promise<string> {
  const { command, env } = await findRedis();
  const port = await freePort();
  const server = spawn(command, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  stops.push(() => end(server));
  return `redis://127.0.0.1:${port}`;
}

async function fillArticles(url: string, ready: Readonly<Record<string, Ready>>): Promise<void> {
  // Connects again until the server is up.
  const redis = new Redis(url).on('error', () => {});
  const bodyOf = (path: string) => ready[path]?.body ?? '';
  for (const path of [smallProduct, largeProduct]) await redis.set(`product:${path.split('/').at(-1)}`, bodyOf(path));
  await redis.set('products', bodyOf(list));
  await redis.set('home', bodyOf(home));
  await redis.quit();
}

/** Runs a server of this folder in a process of its own. Resolves with its port. */
async function startServer(
  file: string,
  stops: (() => unknown)[],
  env: NodeJS.ProcessEnv,
  message?: object,
): Promise<number> {
  const child = fork(join(import.meta.dirname, file), { env: { ...process.env, NODE_ENV: 'production', ...env } });
  stops.push(() => end(child));
  if (message) child.send(message);
  const [port] = (await once(child, 'message')) as [number];
  return port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}
