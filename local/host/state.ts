import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { processStart } from './process-start.ts';
import { Refusal } from '../kernel/refusal.ts';

/** The runtime that uses a state folder, as `run.json` describes it. */
export interface Run {
  readonly pid: number;
  readonly start: string;
  /** Path of the control socket. */
  readonly control: string;
}

/** An exclusive lock on a state folder. */
export interface Claim {
  /** Path of the control socket to listen on. */
  readonly control: string;
  release(): void;
}

const runFile = 'run.json';
const lockFile = 'lock';
/** Marks a state folder, so that `--fresh` never empties any other folder. */
const markerFile = 'headroom-state';
/** The longest path of a Unix socket on macOS, in bytes; on Linux it is 107. */
const longestSocketPath = 103;

/**
 * Creates a state folder, which only its owner may enter: it has passwords, keys and mails.
 * @throws Refusal if the folder has other files
 */
export function prepareState(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const marker = join(stateDir, markerFile);
  const isOwn = existsSync(marker);
  if (!isOwn && readdirSync(stateDir).length > 0) {
    throw new Refusal(`${stateDir} has files that are not Headroom's. Name an empty or a new folder with --state.`);
  }
  if (!isOwn) writeFileSync(marker, '`npm start` stores its state here. `npm start -- --fresh` empties the folder.\n');
}

/**
 * Locks the state folder for this process, at most until the process ends, and closes it to other users.
 * @throws Refusal if another process has the lock
 */
export function claimState(stateDir: string): Claim {
  const lock = new DatabaseSync(join(stateDir, lockFile));
  try {
    // The operating system releases this lock when the process ends, even if it is killed.
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!(error as Error).message.includes('locked')) throw error;
    const pid = readRun(stateDir)?.pid;
    throw new Refusal(
      `Headroom is running already (${pid === undefined ? 'it is still starting' : `pid ${pid}`}, state in ` +
        `${stateDir}). Stop it with Ctrl-C in its terminal${pid === undefined ? '' : ` or \`kill ${pid}\``}. ` +
        'To run a second one, choose another --state, --port and --endpoint-port.',
      { cause: error },
    );
  }
  closeToOthers(stateDir);
  const socket = join(stateDir, 'control.sock');
  const control = socket.length <= longestSocketPath ? socket : `/tmp/headroom-${process.pid}.sock`;
  const run: Run = { pid: process.pid, start: processStart(process.pid) ?? '', control };
  writeFileSync(join(stateDir, runFile), JSON.stringify(run));
  return {
    control,
    release() {
      if (!lock.isOpen) return;
      for (const file of [join(stateDir, runFile), control]) rmSync(file, { force: true });
      lock.close();
    },
  };
}

/**
 * Takes from others what an earlier version let them use: the folder, and what is in it, as other users may pass through it
 * where PostgreSQL runs as one of them. A start that is refused must not do that to the one that runs.
 */
function closeToOthers(stateDir: string): void {
  for (const path of [stateDir, ...readdirSync(stateDir).map((entry) => join(stateDir, entry))]) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isFile() || stats?.isDirectory()) chmodSync(path, stats.mode & 0o700);
  }
}

/** Returns the runtime that uses a state folder now; undefined if there is none. */
export function readRun(stateDir: string): Run | undefined {
  try {
    const run = JSON.parse(readFileSync(join(stateDir, runFile), 'utf8')) as Run;
    return processStart(run.pid) === run.start ? run : undefined;
  } catch {
    return undefined;
  }
}

/** Deletes everything that earlier starts have stored. The caller must hold the lock. */
export function emptyState(stateDir: string): void {
  for (const entry of readdirSync(stateDir)) {
    if (![lockFile, runFile, markerFile].includes(entry))
      rmSync(join(stateDir, entry), { recursive: true, force: true });
  }
}
