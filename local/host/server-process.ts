import { spawn, type SpawnOptions } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from './processes.ts';

/** A running PostgreSQL or Redis server. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves with the last lines of the log when the server has ended, for any reason. */
  readonly exited: Promise<string>;
  /** Stops the server; kills it after 15 s. */
  readonly stop: () => Promise<void>;
}

export interface ServerCommand {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly options?: SpawnOptions;
  /** Matches the log line that says the server accepts connections. */
  readonly ready: RegExp;
  readonly readyTimeoutMs: number;
  readonly stopSignal: NodeJS.Signals;
  /** Sent when this process exits without waiting for the server. */
  readonly exitSignal: NodeJS.Signals;
  readonly log: NodeJS.WritableStream;
}

const stopTimeoutMs = 15_000;
const tailLines = 12;

/** Starts a server. Resolves once it accepts connections; an error contains the last lines of its log. */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const [file, ...args] = server.command;
  const child = spawn(file, args, {
    // In its own process group, Ctrl-C in the terminal does not stop the database before the services that use it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...server.options,
  });
  const tail: string[] = [];
  const isReady = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        const text = chunk.toString();
        server.log.write(text);
        tail.push(...text.split('\n').filter((line) => line.trim() !== ''));
        if (tail.some((line) => server.ready.test(line))) resolve();
        tail.splice(0, tail.length - tailLines);
      });
    }
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(tail.join('\n')));
  });
  const onProcessExit = () => child.kill(server.exitSignal);
  process.once('exit', onProcessExit);
  void exited.then(() => process.off('exit', onProcessExit));

  const stop = async () => {
    child.kill(server.stopSignal);
    const kill = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await exited;
    clearTimeout(kill);
  };

  const outcome = await Promise.race([
    isReady.then(() => 'ready' as const),
    exited.then(() => 'exited' as const),
    sleep(server.readyTimeoutMs, 'slow' as const, { ref: false }),
  ]);
  if (outcome !== 'ready') {
    if (outcome === 'slow') await stop();
    const what = outcome === 'slow' ? `was not ready within ${server.readyTimeoutMs / 1000} s` : 'ended while starting';
    throw new Error(`${server.name} ${what}. The last lines of its log:\n${await exited}`);
  }
  return { pid: child.pid ?? 0, exited, stop };
}

/**
 * Ends a server that a killed run left running, and removes its pid file. The system reuses pids, so the command line
 * of the process must contain `marker` (its data directory).
 */
export async function stopOrphan(pidFile: string, marker: string, signal: NodeJS.Signals): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  const isRunning = () => processesWith(marker).some((each) => each.pid === pid);
  if (isRunning()) {
    process.kill(pid, signal);
    const deadline = Date.now() + stopTimeoutMs;
    while (Date.now() < deadline && isRunning()) await sleep(50);
    if (isRunning()) process.kill(pid, 'SIGKILL');
  }
  await rm(pidFile, { force: true });
}
