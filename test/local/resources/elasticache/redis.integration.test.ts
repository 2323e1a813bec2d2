import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { freePort } from '../../../../local/host/free-port.ts';
import { tokenAccess } from '../../../../local/resources/elasticache/redis-access.ts';
import { startRedis, type RedisOptions } from '../../../../local/resources/elasticache/redis.ts';
import { serverCertificate } from '../../../../local/host/tls.ts';

let dir: string;
let options: RedisOptions;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'headroom-redis-'));
  const tls = await serverCertificate(join(dir, 'tls'));
  options = {
    dir: join(dir, 'redis'),
    port: await freePort(),
    access: tokenAccess('a "quoted" token'),
    tls,
    log: new PassThrough().resume(),
  };
});
afterAll(async () => rm(dir, { recursive: true, force: true }));

async function connected<T>(
  work: (client: Redis) => Promise<T>,
  more: { password?: string; tls?: { ca: string } } = {},
): Promise<T> {
  const { port, access, tls } = options;
  const client = new Redis({
    host: 'localhost',
    port,
    password: access.operator.password,
    tls: { ca: tls.ca },
    retryStrategy: null,
    lazyConnect: true,
    ...more,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}

test('data survives a restart', async () => {
  const first = await startRedis(options);
  await connected(async (client) => client.set('session', 'stored'));
  await first.stop();
  const second = await startRedis(options);
  expect(await connected(async (client) => client.get('session'))).toBe('stored');
  await second.stop();
});

test('data survives a kill -9', async () => {
  const first = await startRedis(options);
  await connected(async (client) => client.set('survivor', 'stored'));
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const second = await startRedis(options);
  expect(await connected(async (client) => client.get('survivor'))).toBe('stored');
  await second.stop();
});

test('only TLS with the token is accepted, and only the owner can read the file with the token', async () => {
  const server = await startRedis(options);
  const ping = async (client: Redis) => client.ping();
  expect(await connected(ping)).toBe('PONG');
  await expect(connected(ping, { password: undefined })).rejects.toThrow();
  await expect(connected(ping, { tls: undefined })).rejects.toThrow();
  expect((await stat(join(options.dir, 'redis.conf'))).mode & 0o777).toBe(0o600);
  await server.stop();
});

test('the next start ends a server that a killed runtime left running', async () => {
  const left = await startRedis(options);
  const next = await startRedis(options);
  await left.exited;
  expect(await connected(async (client) => client.ping())).toBe('PONG');
  await next.stop();
});

test('a server built without TLS is refused with its path', async () => {
  const bin = join(dir, 'bin');
  const fake = join(bin, 'valkey-server');
  await mkdir(bin);
  await writeFile(
    fake,
    '#!/bin/sh\necho "*** FATAL CONFIG FILE ERROR ***"\necho ">>> \'tls-port \\"1\\"\'"\necho "Bad directive or wrong number of arguments"\nexit 1\n',
  );
  await chmod(fake, 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = `${bin}:${path}`;
  try {
    await expect(startRedis(options)).rejects.toThrow(`${fake} was built without TLS`);
  } finally {
    process.env['PATH'] = path;
  }
});
