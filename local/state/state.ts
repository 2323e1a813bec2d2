import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { processStart } from './process-start.ts';
import { Refusal } from '../refusal.ts';

/** The runtime that runs on a state folder, as its lock file says. */
export interface Run {
  readonly pid: number;
  readonly start: string;
  /** Path of the socket it answers on. */
  readonly control: string;
}

const lockFile = 'run.json';
/** Tells a state folder from any other, so that `--fresh` never empties one that is not ours. */
const markerFile = 'headroom-state';
/** The longest path a Unix socket may have on macOS; Linux takes 107. */
const longestSocketPath = 103;

/** Makes a state folder ready. Throws a Refusal for a folder that holds something else. */
export function prepareState(stateDir: string): void {
  mkdirSync(join(stateDir), { recursive: true });
  const marker = join(stateDir, markerFile);
  if (existsSync(marker)) return;
  if (readdirSync(stateDir).length > 0) {
    throw new Refusal(`${stateDir} holds files that are not Headroom's. Name an empty or a new folder with --state.`);
  }
  writeFileSync(marker, 'What `npm start` keeps between starts. `npm start -- --fresh` empties it.\n');
}

/** Takes the folder for this process; throws a Refusal when a runtime has it that is still alive. */
export function claimState(stateDir: string): Run {
  const running = readRun(stateDir);
  if (running !== undefined) {
    throw new Refusal(
      `Headroom is running already (pid ${running.pid}, state in ${stateDir}). Stop it with Ctrl-C in its terminal or ` +
        `\`kill ${running.pid}\`; a second one beside it needs its own --state, --port and --endpoint-port.`,
    );
  }
  const file = join(stateDir, lockFile);
  const socket = join(stateDir, 'control.sock');
  const control = socket.length <= longestSocketPath ? socket : `/tmp/headroom-${process.pid}.sock`;
  const run = { pid: process.pid, start: processStart(process.pid) ?? '', control };
  rmSync(file, { force: true });
  try {
    writeFileSync(file, JSON.stringify(run), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Refusal(`Another Headroom is starting on ${stateDir} at this moment.`);
  }
  return run;
}

export function releaseState(stateDir: string): void {
  rmSync(join(stateDir, lockFile), { force: true });
}

/** The runtime that is alive on a state folder, if any. */
export function readRun(stateDir: string): Run | undefined {
  try {
    const run = JSON.parse(readFileSync(join(stateDir, lockFile), 'utf8')) as Run;
    return processStart(run.pid) === run.start ? run : undefined;
  } catch {
    return undefined;
  }
}

/** Removes all that earlier starts have kept; the folder must be claimed. */
export function emptyState(stateDir: string): void {
  for (const entry of readdirSync(stateDir)) {
    if (entry !== lockFile && entry !== markerFile) rmSync(join(stateDir, entry), { recursive: true, force: true });
  }
}
