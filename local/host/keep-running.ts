import { setTimeout as sleep } from 'node:timers/promises';

import type { PartChange } from '../kernel/events.ts';
import type { Children } from './children.ts';
import { descendants, signalProcess } from './processes.ts';
import type { ServerProcess } from './server-process.ts';

export interface SupervisedServer<T> {
  /** Returns the current server; a restart creates another object. */
  current(): T;
  /** Kills the server with SIGKILL, as a machine failure would; it is started again. */
  kill(): void;
  /** Shuts the server down and starts it again, at once. Rejects if it cannot be started; that is tried again. */
  restart(): Promise<void>;
  /** Makes the server hang until `resume`: it accepts connections and does not respond. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface KeepRunningOptions {
  readonly name: string;
  readonly children: Children;
  /** Receives the changes of the server, and messages for the console. */
  readonly context: {
    readonly stopping: AbortSignal;
    readonly part: (id: string, change: PartChange, message?: string) => void;
    readonly note: (message: string) => void;
  };
  /** The pause before the first restart, in ms; it doubles with each attempt. @default 500 */
  readonly firstPauseMs?: number;
}

const longestPauseMs = 30_000;
/** After a server has run this long, the pauses begin at the first one again. */
const stableMs = 60_000;

/**
 * Starts a server, and restarts it whenever it ends unexpectedly, as AWS does with a database host. Restarts have
 * exponential backoff; 30 s at most. Rejects if the first start fails.
 */
export async function keepRunning<T extends ServerProcess>(
  start: () => Promise<T>,
  { name, children, context, firstPauseMs = 500 }: KeepRunningOptions,
): Promise<SupervisedServer<T>> {
  const startOnce = async () => {
    const server = await start();
    children.add(server.pid, name);
    context.part(name, 'started');
    return server;
  };
  const stop = new AbortController();
  const asked = AbortSignal.any([stop.signal, context.stopping]);
  let server = await startOnce();
  let restarting: PromiseWithResolvers<void> | undefined;
  let endPause = (): void => undefined;

  const watch = async () => {
    let pauseMs = firstPauseMs;
    for (;;) {
      const startedAt = Date.now();
      const lastLines = await server.exited;
      children.remove(server.pid);
      const reason = lastLines.split('\n').at(-1) ?? '';
      context.part(name, 'ended', reason);
      if (asked.aborted) return;
      if (Date.now() - startedAt > stableMs) pauseMs = firstPauseMs;
      if (restarting === undefined) context.note(`${name} ended and is started again: ${reason}`);
      for (let running = false; !running;) {
        if (restarting === undefined) await pause(pauseMs);
        if (asked.aborted) return;
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        try {
          server = await startOnce();
          running = true;
          // `stop` was called while the server was starting.
          if (asked.aborted) await server.stop();
        } catch (error) {
          context.note(`${name} could not be started: ${(error as Error).message}`);
          restarting?.reject(error);
        }
        restarting?.resolve();
        restarting = undefined;
      }
    }
  };
  // A restart that a stop overtakes is not waited for any longer.
  const watching = watch().finally(() => restarting?.resolve());
  async function pause(ms: number): Promise<void> {
    const ended = new AbortController();
    endPause = () => ended.abort();
    await sleep(ms, undefined, { signal: AbortSignal.any([asked, ended.signal]) }).catch(() => undefined);
  }
  const signal = (which: NodeJS.Signals): void => {
    // PostgreSQL's backends have their own process groups, so a signal to the group does not reach them.
    for (const pid of [server.pid, ...descendants(server.pid)]) signalProcess(pid, which);
  };
  const stopCurrent = async (): Promise<void> => {
    signal('SIGCONT');
    await server.stop();
  };
  return {
    current: () => server,
    kill: () => signal('SIGKILL'),
    async restart() {
      restarting ??= Promise.withResolvers();
      const { promise } = restarting;
      endPause();
      await Promise.all([promise, stopCurrent()]);
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async stop() {
      stop.abort();
      await stopCurrent();
      await watching;
    },
  };
}
