import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPostgres } from './postgres-binaries.ts';
import { adminUser, asAdmin, caFile, run, type Postgres, type PostgresOptions } from './postgres.ts';

const streamTimeoutMs = 20_000;

/**
 * Starts a streaming replica of `primary` in `dir`. An existing replica continues if the primary still has the WAL that
 * it missed. Otherwise, or if it is a copy of another cluster, the primary is copied again.
 */
export async function startReplica(options: PostgresOptions, primary: Postgres): Promise<Postgres> {
  const slot = slotName(options.dir);
  if (await canContinue(options, primary, slot)) {
    const replica = await startStandby(options, primary, slot).catch(() => undefined);
    if (replica && (await waitForStreaming(replica))) return replica;
    await replica?.stop();
  }
  await copyCluster(options, primary, slot);
  const replica = await startStandby(options, primary, slot);
  if (await waitForStreaming(replica)) return replica;
  await replica.stop();
  throw new Error(
    `The replica in ${options.dir} does not stream from the primary at port ${primary.port}. See its log.`,
  );
}

/** The name of a slot has lower-case letters, digits and underscores; 63 at most. */
const slotName = (dir: string) =>
  `replica_${basename(dir)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .slice(-50)}`;

async function canContinue(options: PostgresOptions, primary: Postgres, slot: string): Promise<boolean> {
  const control = join(options.dir, 'data', 'global', 'pg_control');
  if (!existsSync(control) || !existsSync(join(options.dir, 'data', 'standby.signal'))) return false;
  const usable = await asAdmin(primary, (client) =>
    client.query<{ system: string }>(
      `select system_identifier::text as system from pg_control_system()
       where exists (select from pg_replication_slots where slot_name = $1 and wal_status <> 'lost')`,
      [slot],
    ),
  );
  return usable.rows[0]?.system === (await systemIdentifier(control));
}

/** Reads the first eight bytes of pg_control, which identify the cluster. All its copies have the same ones. */
async function systemIdentifier(control: string): Promise<string> {
  const file = await open(control);
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.readBigUInt64LE().toString();
  } finally {
    await file.close();
  }
}

/** Copies the files of the running primary, as pg_basebackup does. Replaying the WAL makes the copy consistent. */
async function copyCluster(options: PostgresOptions, primary: Postgres, slot: string): Promise<void> {
  const dataDir = join(options.dir, 'data');
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const label = await asAdmin(primary, async (client) => {
    await client.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1', [
      slot,
    ]);
    // Reserves the WAL from now on, so that the primary still has it when the replica requests it.
    await client.query('select pg_create_physical_replication_slot($1, true)', [slot]);
    await client.query('select pg_backup_start($1, fast => true)', [slot]);
    await copyFiles(primary.dataDir, dataDir);
    const stopped = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(wait_for_archive => false)',
    );
    return stopped.rows[0]?.labelfile ?? '';
  });
  await writeFile(join(dataDir, 'backup_label'), label, { mode: 0o600 });
  // Written last: an interrupted copy has no signal file and is started over.
  await writeFile(join(dataDir, 'standby.signal'), '', { mode: 0o600 });
}

/** Directories whose contents are not copied (PostgreSQL manual, 25.3.4.3). */
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
        // The table was dropped during the copy. Replaying the WAL drops it from the copy too.
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
    // Reconnects soon after a restart of the primary; the default is 5 s.
    wal_retrieve_retry_interval: '500ms',
  };
  return run({ ...options, settings }, await findPostgres(), primary.admin.password);
}

/** Returns false if the replica does not stream within 20 s. */
async function waitForStreaming(replica: Postgres): Promise<boolean> {
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

/**
 * Returns how far the replica is behind, in ms: 0 if it has every write of the primary, null while it is disconnected. One
 * that has replayed no transaction since its start is behind for at least that long.
 */
export async function replicaLagMs(replica: Postgres): Promise<number | null> {
  const { rows } = await asAdmin(replica, (client) =>
    client.query<{ lag: number | null }>(
      `select case
         when not exists (select from pg_stat_wal_receiver where status = 'streaming') then null
         when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
         else extract(epoch from now() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time())) * 1000
       end::float8 as lag`,
    ),
  );
  return rows[0]?.lag ?? null;
}
