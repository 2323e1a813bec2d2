import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAccess } from './access-file.ts';
import type { Access } from './redis-access.ts';
import { findRedis } from './redis-binary.ts';
import { startServer, stopOrphan, type ServerProcess } from '../../host/server-process.ts';
import type { Tls } from '../../host/tls.ts';

export interface RedisOptions {
  /** Contains the append-only file; created on first use. */
  readonly dir: string;
  readonly port: number;
  readonly access: Access;
  readonly tls: Tls;
  readonly log: NodeJS.WritableStream;
  /** Further settings of redis.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface RedisServer extends ServerProcess {
  readonly port: number;
}

/** Starts Redis or Valkey on the loopback addresses. Accepts only TLS; stores its data in `dir`. */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const { command, env } = await findRedis();
  const { dir, port, access, tls } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const pidFile = join(dir, 'redis.pid');
  const configFile = join(dir, 'redis.conf');
  await stopOrphan(pidFile, configFile, 'SIGTERM');
  const settings = [
    ['bind', '127.0.0.1', '-::1'],
    ['port', '0'],
    ['tls-port', String(port)],
    ['tls-cert-file', tls.certFile],
    ['tls-key-file', tls.keyFile],
    ['tls-ca-cert-file', tls.caFile],
    ['tls-auth-clients', 'no'],
    ['aclfile', await writeAccess(dir, access)],
    ['dir', dir],
    ['pidfile', pidFile],
    // Leaves the path of the configuration file in the process list, where `stopOrphan` looks for it.
    ['set-proc-title', 'no'],
    ['appendonly', 'yes'],
    ['save', ''],
    ...Object.entries(options.settings ?? {}),
  ];
  const text = settings.map(([name, ...values]) => [name, ...values.map((value) => JSON.stringify(value))].join(' '));
  await writeFile(configFile, `${text.join('\n')}\n`, { mode: 0o600 });
  try {
    const server = await startServer({
      name: `Redis (${dir}, port ${port})`,
      command: [command, configFile],
      options: { env: { ...process.env, ...env } },
      ready: /Ready to accept connections/,
      readyTimeoutMs: 30_000,
      stopSignal: 'SIGTERM',
      exitSignal: 'SIGTERM',
      log: options.log,
    });
    return { port, ...server };
  } catch (error) {
    if (!(error instanceof Error && /tls-(port|cert-file)/.test(error.message))) throw error;
    throw new Error(
      `${command} was built without TLS, which the system requires. Install a build with TLS, or put one first on the PATH.`,
      {
        cause: error,
      },
    );
  }
}
