import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPostgres } from './postgres-binaries.ts';
import { adminUser, asAdmin, caFile, run, type Postgres, type PostgresOptions } from './postgres.ts';

const streamTimeoutMs = 20_000;

/**
 * Starts a streaming replica of `primary` in `dir`. It goes on from where it was when the primary still has what it
 * missed, and is copied anew when it has not, or when the primary is another cluster than the one it was copied from.
 */
export async function startReplica(options: PostgresOptions, primary: Postgres): Promise<Postgres> {
  const slot = slotName(options.dir);
  if (await canGoOn(options, primary, slot)) {
    const replica = await startStandby(options, primary, slot).catch(() => undefined);
    if (replica && (await streams(replica))) return replica;
    await replica?.stop();
  }
  await copyCluster(options, primary, slot);
  const replica = await startStandby(options, primary, slot);
  if (await streams(replica)) return replica;
  await replica.stop();
  throw new Error(
    `The replica in ${options.dir} does not stream from the primary at port ${primary.port}; see its log`,
  );
}

/** A slot takes lower-case letters, digits and underscores, 63 at most. */
const slotName = (dir: string) =>
  `replica_${basename(dir)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .slice(-50)}`;

async function canGoOn(options: PostgresOptions, primary: Postgres, slot: string): Promise<boolean> {
  const control = join(options.dir, 'data', 'global', 'pg_control');
  if (!existsSync(control) || !existsSync(join(options.dir, 'data', 'standby.signal'))) return false;
  const kept = await asAdmin(primary, (client) =>
    client.query<{ system: string }>(
      `select system_identifier::text as system from pg_control_system()
       where exists (select from pg_replication_slots where slot_name = $1 and wal_status <> 'lost')`,
      [slot],
    ),
  );
  return kept.rows[0]?.system === (await systemIdentifier(control));
}

/** The first eight bytes of pg_control name the cluster; all servers copied from one share it. */
async function systemIdentifier(control: string): Promise<string> {
  const file = await open(control);
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.readBigUInt64LE().toString();
  } finally {
    await file.close();
  }
}

/** What pg_basebackup does: the files as they are while the primary writes, made consistent by replaying the log. */
async function copyCluster(options: PostgresOptions, primary: Postgres, slot: string): Promise<void> {
  const dataDir = join(options.dir, 'data');
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const label = await asAdmin(primary, async (client) => {
    await client.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1', [
      slot,
    ]);
    // Reserved from now on, so that the log the copy needs is still there when the replica asks for it.
    await client.query('select pg_create_physical_replication_slot($1, true)', [slot]);
    await client.query('select pg_backup_start($1, fast => true)', [slot]);
    await copyFiles(primary.dataDir, dataDir);
    const stopped = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(wait_for_archive => false)',
    );
    return stopped.rows[0]?.labelfile ?? '';
  });
  await writeFile(join(dataDir, 'backup_label'), label, { mode: 0o600 });
  // Last: a copy cut short has no signal file and is begun anew.
  await writeFile(join(dataDir, 'standby.signal'), '', { mode: 0o600 });
}

/** Directories whose contents belong to the running primary alone (PostgreSQL manual, 25.3.4.3). */
const emptied = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
const leftOut = /^(postmaster\.(pid|opts)|pgsql_tmp.*|pg_internal\.init.*|(server|ca)\.(crt|key)|current_logfiles)$/;

async function copyFiles(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (leftOut.test(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o700 });
      if (!emptied.has(entry.name)) await copyFiles(source, target);
    } else {
      await copyFile(source, target).catch((error: NodeJS.ErrnoException) => {
        // A table dropped under way; the log's replay drops it from the copy too.
        if (error.code !== 'ENOENT') throw error;
      });
    }
  }
}

async function startStandby(options: PostgresOptions, primary: Postgres, slot: string): Promise<Postgres> {
  const conninfo = {
    host: 'localhost',
    port: primary.port,
    user: adminUser,
    password: primary.admin.password,
    sslmode: 'verify-full',
    sslrootcert: join(options.dir, 'data', caFile),
    application_name: slot,
  };
  const settings = {
    ...options.settings,
    primary_conninfo: Object.entries(conninfo)
      .map(([name, value]) => `${name}='${value}'`)
      .join(' '),
    primary_slot_name: slot,
    // Soon back after the primary was restarted; the default is 5 s.
    wal_retrieve_retry_interval: '500ms',
  };
  return run({ ...options, settings }, await findPostgres(), primary.admin.password);
}

async function streams(replica: Postgres): Promise<boolean> {
  const deadline = Date.now() + streamTimeoutMs;
  for (;;) {
    const receiver = await asAdmin(replica, (client) =>
      client.query("select from pg_stat_wal_receiver where status = 'streaming'"),
    );
    if (receiver.rowCount) return true;
    if (Date.now() > deadline) return false;
    await sleep(100);
  }
}

/** Milliseconds of the primary's writes that are not visible yet: 0 when there are none, null while it is cut off. */
export async function replicaLagMs(replica: Postgres): Promise<number | null> {
  const { rows } = await asAdmin(replica, (client) =>
    client.query<{ lag: number | null }>(
      `select case
         when not exists (select from pg_stat_wal_receiver where status = 'streaming') then null
         when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
         else extract(epoch from now() - pg_last_xact_replay_timestamp()) * 1000
       end::float8 as lag`,
    ),
  );
  return rows[0]?.lag ?? null;
}
