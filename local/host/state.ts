import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { processStart } from './process-start.ts';
import { Refusal } from '../kernel/refusal.ts';

/** The runtime that runs on a state folder, as it told the other terminals. */
export interface Run {
  readonly pid: number;
  readonly start: string;
  /** Path of the socket it answers on. */
  readonly control: string;
}

/** A folder that is this process's own until it releases it. */
export interface Claim {
  /** Path of the socket to answer on. */
  readonly control: string;
  release(): void;
}

const runFile = 'run.json';
const lockFile = 'lock';
/** Tells a state folder from any other, so that `--fresh` never empties one that is not ours. */
const markerFile = 'headroom-state';
/** The longest path a Unix socket may have on macOS; Linux takes 107. */
const longestSocketPath = 103;

/** Makes a state folder ready. Throws a Refusal for a folder that holds something else. */
export function prepareState(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true });
  const marker = join(stateDir, markerFile);
  if (existsSync(marker)) return;
  if (readdirSync(stateDir).length > 0) {
    throw new Refusal(`${stateDir} holds files that are not Headroom's. Name an empty or a new folder with --state.`);
  }
  writeFileSync(marker, 'What `npm start` keeps between starts. `npm start -- --fresh` empties it.\n');
}

/** Takes the folder for this process; throws a Refusal when another one has it. It is given back when the process ends. */
export function claimState(stateDir: string): Claim {
  const lock = new DatabaseSync(join(stateDir, lockFile));
  try {
    // A lock of the operating system's, which ends with its process: a killed one leaves nothing that must be judged.
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!(error as Error).message.includes('locked')) throw error;
    const pid = readRun(stateDir)?.pid;
    throw new Refusal(
      `Headroom is running already (${pid === undefined ? 'it is just starting' : `pid ${pid}`}, state in ${stateDir}). ` +
        `Stop it with Ctrl-C in its terminal${pid === undefined ? '' : ` or \`kill ${pid}\``}; a second one beside it needs ` +
        'its own --state, --port and --endpoint-port.',
      { cause: error },
    );
  }
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

/** The runtime that is alive on a state folder, if any. */
export function readRun(stateDir: string): Run | undefined {
  try {
    const run = JSON.parse(readFileSync(join(stateDir, runFile), 'utf8')) as Run;
    return processStart(run.pid) === run.start ? run : undefined;
  } catch {
    return undefined;
  }
}

/** Removes all that earlier starts have kept; the folder must be claimed. */
export function emptyState(stateDir: string): void {
  for (const entry of readdirSync(stateDir)) {
    if (![lockFile, runFile, markerFile].includes(entry))
      rmSync(join(stateDir, entry), { recursive: true, force: true });
  }
}
