import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Children } from '../../../host/children.ts';
import { freePort } from '../../../host/free-port.ts';
import type { LaunchedTask, TaskLauncher } from './task-launcher.ts';

const host = '127.0.0.1';
const keptLines = 10;
/** Keeps the servers of a Node program on loopback. */
export const listenOnLoopback = join(import.meta.dirname, 'listen-on-loopback.cjs');

/**
 * Runs tasks as processes of this machine, each on a free port of 127.0.0.1. A task that listens on all interfaces, as it
 * may in a container, listens there only.
 */
export function createProcessLauncher(children: Children): TaskLauncher {
  return {
    async launch(id, { command, directory, environment, log }): Promise<LaunchedTask> {
      const port = await freePort();
      const given = await environment();
      const nodeOptions = [`--require=${JSON.stringify(listenOnLoopback)}`, given['NODE_OPTIONS'] ?? '']
        .join(' ')
        .trim();
      const env = { ...given, PORT: String(port), HOST: host, NODE_OPTIONS: nodeOptions };
      const [program = '', ...args] = command;
      const child = spawn(executable(program), args, {
        cwd: directory,
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended = endOf(child);
      const lines: string[] = [];
      keepLines(child.stdout);
      keepLines(child.stderr);
      await once(child, 'spawn');
      const pid = child.pid as number;
      children.add(pid, id);
      child.once('exit', () => {
        children.remove(pid);
        killGroup(pid);
      });
      return {
        id,
        address: { host, port },
        ended,
        exec([name = '', ...rest], timeoutMs) {
          // In a container the task is process 1.
          return run(executable(name), rest, { cwd: directory, env: { ...env, TASK_PID: String(pid) } }, timeoutMs);
        },
        signal: (name) => void child.kill(name),
        logs: () => lines,
        describe: () => ({ port, pid }),
      };

      function keepLines(stream: Readable): void {
        createInterface({ input: stream }).on('line', (line) => {
          log.write(`${id} ${line}\n`);
          lines.push(line);
          if (lines.length > keptLines) lines.shift();
        });
      }
    },
  };
}

/** Tasks run the Node of this runtime, as their images hold the same version. */
const executable = (program: string): string => (program === 'node' ? process.execPath : program);

/** Ends what a task's process leaves behind, as the end of a container does. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left.
  }
}

function run(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: Readonly<Record<string, string>> },
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: 'ignore', timeout: timeoutMs, killSignal: 'SIGKILL' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

/** Resolves when the process has ended and its output has been read, unless a child of its own still writes. */
async function endOf(child: ChildProcess): Promise<string> {
  const allRead = new Promise((resolve) => child.once('close', resolve));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('exit', (...how) => resolve(how)),
  );
  await Promise.race([allRead, sleep(200, undefined, { ref: false })]);
  return signal ?? `exit code ${code}`;
}
