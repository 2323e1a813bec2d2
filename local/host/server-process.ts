import { spawn, type SpawnOptions } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from './processes.ts';

/** A database server under our care. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves with the last lines of its log when it has ended, asked for or not. */
  readonly exited: Promise<string>;
  /** Asks it to stop, and kills it when it has not done so within 15 s. */
  readonly stop: () => Promise<void>;
}

export interface ServerCommand {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly options?: SpawnOptions;
  /** The log line that says it answers. */
  readonly ready: RegExp;
  readonly readyTimeoutMs: number;
  readonly stopSignal: NodeJS.Signals;
  /** Sent when this process must exit at once, without waiting. */
  readonly exitSignal: NodeJS.Signals;
  readonly log: NodeJS.WritableStream;
}

const stopTimeoutMs = 15_000;
const keptLines = 12;

/** Starts a server and resolves once it answers; a failure carries the last lines it logged. */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const [file, ...args] = server.command;
  const child = spawn(file, args, {
    // Its own process group: Ctrl-C in the terminal must not stop the database before the services that use it.
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
        tail.splice(0, tail.length - keptLines);
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
    throw new Error(`${server.name} ${what}. Its last lines:\n${await exited}`);
  }
  return { pid: child.pid ?? 0, exited, stop };
}

/**
 * Ends the server that an earlier run left behind when it was killed, and removes its pid file.
 * A pid is used again by the system, so the process must show `marker` (its data directory) in its command line.
 */
export async function stopOrphan(pidFile: string, marker: string, signal: NodeJS.Signals): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  const runs = () => processesWith(marker).some((each) => each.pid === pid);
  if (runs()) {
    process.kill(pid, signal);
    const deadline = Date.now() + stopTimeoutMs;
    while (Date.now() < deadline && runs()) await sleep(50);
    if (runs()) process.kill(pid, 'SIGKILL');
  }
  await rm(pidFile, { force: true });
}
