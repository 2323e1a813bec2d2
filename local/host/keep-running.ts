import { setTimeout as sleep } from 'node:timers/promises';
import type { Runtime } from '../kernel/driver.ts';

export interface Running {
  readonly pid: number;
  /** Resolves with its last words when it has ended. */
  readonly exited: Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface KeptRunning<T> {
  /** The server of this moment; a restarted one is another object. */
  current(): T;
  stop(): Promise<void>;
}

const longestPauseMs = 30_000;
/** A server that ran this long is not one that ends at once. */
const steadyMs = 60_000;

/**
 * Starts a server, and starts it again whenever it ends unasked, as AWS does with a database's host: soon at first, with
 * growing pauses for one that ends at once. Rejects when the first start fails.
 *
 * @param firstPauseMs how long the first of the pauses is, in ms
 */
export async function keepRunning<T extends Running>(
  name: string,
  start: () => Promise<T>,
  { children, report, stopping }: Pick<Runtime, 'children' | 'report' | 'stopping'>,
  firstPauseMs = 500,
): Promise<KeptRunning<T>> {
  const startOnce = async () => {
    const server = await start();
    children.add(server.pid, name);
    return server;
  };
  const stop = new AbortController();
  const asked = AbortSignal.any([stop.signal, stopping]);
  let server = await startOnce();

  const watch = async () => {
    let pauseMs = firstPauseMs;
    for (;;) {
      const startedAt = Date.now();
      const lastWords = await server.exited;
      children.remove(server.pid);
      if (asked.aborted) return;
      if (Date.now() - startedAt > steadyMs) pauseMs = firstPauseMs;
      report.event(`${name} ended and is started again: ${lastWords.split('\n').at(-1) ?? ''}`);
      for (let running = false; !running;) {
        await sleep(pauseMs, undefined, { signal: asked }).catch(() => undefined);
        if (asked.aborted) return;
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        try {
          server = await startOnce();
          running = true;
          // Asked to stop while it was on its way up.
          if (asked.aborted) await server.stop();
        } catch (error) {
          report.event(`${name} could not be started: ${(error as Error).message}`);
        }
      }
    }
  };
  const watching = watch();
  return {
    current: () => server,
    async stop() {
      stop.abort();
      await server.stop();
      await watching;
    },
  };
}
