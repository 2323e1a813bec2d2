import { setTimeout as sleep } from 'node:timers/promises';

import type { PartChange } from '../kernel/events.ts';
import type { Children } from './children.ts';
import { descendants, signalProcess } from './processes.ts';

/** A server process. */
export interface Server {
  readonly pid: number;
  /** Resolves with the last lines of its log when it has ended. */
  readonly exited: Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface KeptRunning<T> {
  /** The server of this moment; a restarted one is another object. */
  current(): T;
  /** Kills it, as a lost machine would; it is started again. */
  kill(): void;
  /** Stops it in order; it is started again. */
  restart(): Promise<void>;
  /** Makes it hang: connections are accepted and nothing is answered, until `resume`. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface KeepRunningOptions {
  readonly name: string;
  readonly children: Children;
  /** Reports changes of the server, and notes for a person. */
  readonly context: {
    readonly stopping: AbortSignal;
    readonly part: (id: string, change: PartChange, message?: string) => void;
    readonly note: (message: string) => void;
  };
  /** The first of the growing pauses before a restart, in ms. @default 500 */
  readonly firstPauseMs?: number;
}

const longestPauseMs = 30_000;
/** A server that ran this long did not fail at once. */
const stableMs = 60_000;

/**
 * Starts a server, and starts it again whenever it ends unexpectedly, as AWS does with a database's host: soon at first,
 * with growing pauses for one that ends at once. Rejects when the first start fails.
 */
export async function keepRunning<T extends Server>(
  start: () => Promise<T>,
  { name, children, context, firstPauseMs = 500 }: KeepRunningOptions,
): Promise<KeptRunning<T>> {
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

  const watch = async () => {
    let pauseMs = firstPauseMs;
    for (;;) {
      const startedAt = Date.now();
      const lastWords = await server.exited;
      children.remove(server.pid);
      const reason = lastWords.split('\n').at(-1) ?? '';
      context.part(name, 'ended', reason);
      if (asked.aborted) return;
      if (Date.now() - startedAt > stableMs) pauseMs = firstPauseMs;
      if (restarting === undefined) context.note(`${name} ended and is started again: ${reason}`);
      for (let running = false; !running;) {
        if (restarting === undefined) await sleep(pauseMs, undefined, { signal: asked }).catch(() => undefined);
        if (asked.aborted) return;
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        try {
          server = await startOnce();
          running = true;
          // It was asked to stop while it was starting.
          if (asked.aborted) await server.stop();
        } catch (error) {
          context.note(`${name} could not be started: ${(error as Error).message}`);
        }
        restarting?.resolve();
        restarting = undefined;
      }
    }
  };
  const watching = watch();
  const signal = (which: NodeJS.Signals): void => {
    // PostgreSQL's backends are process groups of their own, so a signal to the group would not reach them.
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
      restarting = Promise.withResolvers();
      const { promise } = restarting;
      await stopCurrent();
      await promise;
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
