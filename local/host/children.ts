import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { processStart } from './process-start.ts';
import { descendants, signalProcess } from './processes.ts';

/**
 * The processes that the runtime has started, listed in a file so that none outlives a `kill -9` of the runtime. They
 * must be spawned with `detached: true`: otherwise Ctrl-C in the terminal signals them too and they stop out of order.
 */
export interface Children {
  add(pid: number, name: string): void;
  remove(pid: number): void;
}

interface Child {
  readonly pid: number;
  readonly start: string;
  readonly name: string;
}

const graceMs = 5_000;

/**
 * Lists the child processes in a file, one line each with pid, start time and name.
 * @param onError called if the file cannot be written, such as on a full disk
 */
export function createChildren(file: string, onError: (error: unknown) => void): Children & { killAll(): void } {
  const children = new Map<number, Child>();
  const write = (): void => {
    const lines = [...children.values()].map(({ pid, start, name }) => `${pid} ${start} ${name}\n`);
    try {
      writeFileSync(file, lines.join(''));
    } catch (error) {
      onError(error);
    }
  };
  return {
    add(pid, name) {
      const start = processStart(pid);
      if (start === undefined) return;
      children.set(pid, { pid, start: start.replaceAll(' ', '_'), name });
      write();
    },
    remove(pid) {
      if (children.delete(pid)) write();
    },
    /** Sends SIGKILL to all children without waiting, for a process that is about to exit. */
    killAll() {
      for (const child of children.values()) signal(child, 'SIGKILL');
    },
  };
}

/** Ends the children that the file of a killed runtime lists. Returns their names. */
export async function endLeftovers(file: string): Promise<string[]> {
  const leftovers = readChildren(file).filter(isAlive);
  for (const child of leftovers) {
    signal(child, 'SIGTERM');
    // A paused process handles SIGTERM only after SIGCONT.
    for (const pid of [child.pid, ...descendants(child.pid)]) signalProcess(pid, 'SIGCONT');
  }
  const deadline = performance.now() + graceMs;
  while (leftovers.some(isAlive) && performance.now() < deadline) await sleep(50);
  for (const child of leftovers) signal(child, 'SIGKILL');
  rmSync(file, { force: true });
  return leftovers.map(({ name }) => name);
}

/**
 * Starts a shell that ends the children in the file when this process ends for any reason: its standard input closes
 * then. Returns a function that ends the shell.
 */
export function guardChildren(file: string): () => void {
  const script = 'read -r _; while read -r pid _; do kill "$pid" 2>/dev/null; done < "$0"';
  const guard = spawn('sh', ['-c', script, file], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  return () => void guard.kill('SIGKILL');
}

const isAlive = ({ pid, start }: Child): boolean => processStart(pid)?.replaceAll(' ', '_') === start;

function signal(child: Child, name: NodeJS.Signals): void {
  if (isAlive(child)) signalProcess(child.pid, name);
}

function readChildren(file: string): Child[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [pid, start = '', ...name] = line.split(' ');
      return { pid: Number(pid), start, name: name.join(' ') };
    });
}
