import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { startServer, stopOrphan, type ServerProcess } from '../../host/server-process.ts';
import type { Tls } from '../../host/tls.ts';

export interface PostgresOptions {
  /** Contains `data` and the administrator's password; created on first use. */
  readonly dir: string;
  readonly port: number;
  readonly tls: Tls;
  readonly log: NodeJS.WritableStream;
  /** Whether committed data survives a crash of the machine; tests set false for speed. */
  readonly durable: boolean;
  /** Further settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Postgres extends ServerProcess {
  readonly dataDir: string;
  readonly port: number;
  /** Connection of the superuser, who owns the cluster as `rdsadmin` does on RDS. */
  readonly admin: { host: string; port: number; user: string; password: string; database: string; ssl: { ca: string } };
}

export const adminUser = 'rdsadmin';
/** The CA's certificate, relative to the data directory. */
export const caFile = 'ca.crt';
const startTimeoutMs = 60_000;

/** Starts a primary in `dir`. Recovers if the last run did not shut down. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const binaries = await findPostgres();
  const dataDir = join(options.dir, 'data');
  if (!existsSync(dataDir)) await initialize(options, binaries, dataDir);
  return run(options, binaries, await readFile(passwordFile(options), 'utf8'));
}

const passwordFile = (options: PostgresOptions) => join(options.dir, 'admin-password');

/**
 * Creates the cluster in a temporary directory and renames it, so that an interrupted start leaves no partial cluster.
 */
async function initialize(options: PostgresOptions, binaries: PostgresBinaries, dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  // The umask of `npm start` closes this folder to others; without it, they may enter.
  await mkdir(dirname(options.dir), { recursive: true });
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile(options), randomBytes(24).toString('base64url'), { mode: 0o600 });
  await binaries.giveTo(options.dir);
  const [file, ...prefix] = binaries.initdb;
  // ICU's en-US sorts as RDS's default collation does, independent of the locales of this machine.
  const args = ['-D', unfinished, '-U', adminUser, `--pwfile=${passwordFile(options)}`, '-A', 'scram-sha-256'];
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US'];
  const sync = options.durable ? [] : ['--no-sync'];
  try {
    await promisify(execFile)(file, [...prefix, ...args, ...locale, ...sync], binaries.spawnOptions);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const user = binaries.uid === undefined ? '' : ` as uid ${binaries.uid}, which must be able to enter that folder`;
    throw new Error(`initdb failed in ${unfinished}${user}: ${stderr.trim() || message}`, { cause: error });
  }
  await rename(unfinished, dataDir);
}

/** Runs the server on a complete data directory: a primary's, or a replica's with its `standby.signal`. */
export async function run(options: PostgresOptions, binaries: PostgresBinaries, password: string): Promise<Postgres> {
  const dataDir = join(options.dir, 'data');
  await stopOrphan(join(dataDir, 'postmaster.pid'), dataDir, 'SIGINT');
  // The server requires a key file that only its user can read.
  await copyFile(options.tls.certFile, join(dataDir, 'server.crt'));
  await writeFile(join(dataDir, caFile), options.tls.ca);
  await writeFile(join(dataDir, 'server.key'), await readFile(options.tls.keyFile), { mode: 0o600 });
  await writeFile(join(dataDir, 'pg_hba.conf'), hostRules);
  await writeFile(join(dataDir, 'postgresql.conf'), configuration(options));
  await binaries.giveTo(options.dir);

  const server = await startServer({
    name: `PostgreSQL (${dataDir}, port ${options.port})`,
    command: [...binaries.postgres, '-D', dataDir],
    // A replica connects as a client, and clients read certificates from ~/.postgresql.
    options: { ...binaries.spawnOptions, env: { ...process.env, HOME: dataDir } },
    ready: /database system is ready to accept (read-only )?connections/,
    readyTimeoutMs: startTimeoutMs,
    stopSignal: 'SIGINT', // "fast": ends sessions, writes a checkpoint
    exitSignal: 'SIGQUIT', // "immediate": the next start recovers
    log: options.log,
  });
  const ssl = { ca: options.tls.ca };
  const admin = { host: 'localhost', port: options.port, user: adminUser, password, database: 'postgres', ssl };
  return { dataDir, port: options.port, admin, ...server };
}

/** Accepts only TLS, as rds.force_ssl of RDS does by default from PostgreSQL 15 on. */
const hostRules = `hostssl all         all 127.0.0.1/32 scram-sha-256
hostssl all         all ::1/128      scram-sha-256
hostssl replication all 127.0.0.1/32 scram-sha-256
hostssl replication all ::1/128      scram-sha-256
`;

function configuration({ port, durable, settings }: PostgresOptions): string {
  const lines: Record<string, string> = {
    listen_addresses: '127.0.0.1, ::1',
    unix_socket_directories: '',
    ssl: 'on',
    ssl_cert_file: 'server.crt',
    ssl_key_file: 'server.key',
    timezone: 'UTC',
    log_timezone: 'UTC',
    wal_level: 'replica',
    hot_standby: 'on',
    // Limits the WAL that is stored for a stopped replica. A replica that misses more is copied again.
    max_slot_wal_keep_size: '1GB',
    max_wal_size: '512MB',
    shared_buffers: '64MB',
    max_connections: '200',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...settings,
    port: String(port),
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('');
}

/** Runs `work` with a connection of the superuser. */
export async function asAdmin<T>(server: Postgres, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...server.admin, connectionTimeoutMillis: 5000 });
  // If the server ends while the connection is idle, the next query reports it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
