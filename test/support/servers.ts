import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startReplica } from '../../local/resources/rds/postgres-replica.ts';
import { startPostgres } from '../../local/resources/rds/postgres.ts';
import { tokenAccess } from '../../local/resources/elasticache/redis-access.ts';
import { startRedis } from '../../local/resources/elasticache/redis.ts';
import { serverCertificate } from '../../local/host/tls.ts';
import { freePort } from '../../local/host/free-port.ts';

/**
 * Jest's global setup of the integration tests: starts one PostgreSQL primary with a streaming replica and one Redis
 * for all test files. Sets their addresses in TEST_* environment variables. `servers-stop.ts` stops them.
 */
export default async function startServers(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'headroom-test-'));
  const stops: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const stop of stops.toReversed()) await stop();
    await rm(dir, { recursive: true, force: true });
  };
  Object.assign(globalThis, { stopTestServers: stopAll });
  try {
    const tls = await serverCertificate(join(dir, 'tls'));
    const common = { tls, log: createWriteStream(join(dir, 'servers.log'), { flags: 'a' }) };
    const database = async () => {
      const primary = await startPostgres({
        ...common,
        dir: join(dir, 'primary'),
        port: await freePort(),
        durable: false,
      });
      stops.push(primary.stop);
      const replica = await startReplica(
        { ...common, dir: join(dir, 'replica'), port: await freePort(), durable: false },
        primary,
      );
      stops.push(replica.stop);
      return { primary, replica };
    };
    const password = 'test-redis-token';
    const [{ primary, replica }, redis] = await Promise.all([
      database(),
      startRedis({ ...common, dir: join(dir, 'redis'), port: await freePort(), access: tokenAccess(password) }),
    ]);
    stops.push(redis.stop);
    Object.assign(process.env, {
      TEST_PG_PRIMARY: `localhost:${primary.port}`,
      TEST_PG_REPLICA: `localhost:${replica.port}`,
      TEST_PG_USER: primary.admin.user,
      TEST_PG_PASSWORD: primary.admin.password,
      TEST_REDIS: `localhost:${redis.port}`,
      TEST_REDIS_AUTH: password,
      TEST_TLS: JSON.stringify(tls),
      TEST_CA: await readFile(tls.caFile, 'utf8'),
    });
  } catch (error) {
    await stopAll();
    throw error;
  }
}
