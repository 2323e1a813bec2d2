/**
 * A program that sends requests at a fixed rate, whether earlier ones have been answered or not, as many independent people do;
 * and the function that runs it in a process of its own. A response counts from the moment its request was due, so that a
 * generator that falls behind hides no delay.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';

export interface OpenLoad {
  readonly port: number;
  readonly seconds: number;
  readonly streams: readonly Stream[];
  /** A response after this long is of no use, in ms. */
  readonly deadlineMs: number;
}

interface Stream {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly perSecond: number;
}

export interface StreamOutcome {
  /** How many responses of each status came before the deadline; `late` and errors by their code. */
  readonly ends: Readonly<Record<string, number>>;
  /** Responses with status 200 before the deadline, per second. */
  readonly goodput: number;
  /** Of the responses with status 200 before the deadline, in ms; 0 if there were none. */
  readonly p99Ms: number;
}

/** Applies a load from a process of its own. Returns the outcome of each stream, in their order. */
export async function applyOpen(load: OpenLoad): Promise<readonly StreamOutcome[]> {
  const child = fork(import.meta.filename, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    child.send(load);
    const [outcomes] = (await once(child, 'message')) as [readonly StreamOutcome[]];
    return outcomes;
  } finally {
    child.kill();
  }
}

async function run({ port, seconds, streams, deadlineMs }: OpenLoad): Promise<readonly StreamOutcome[]> {
  const agent = new Agent({ keepAlive: true });
  const begun = performance.now();
  const outcomes = await Promise.all(
    streams.map(async ({ path, headers, perSecond }) => {
      const ends: Record<string, number> = {};
      const good: number[] = [];
      const end = (how: string | number) => (ends[how] = (ends[how] ?? 0) + 1);
      const send = (due: number) =>
        new Promise<void>((resolve) => {
          const signal = AbortSignal.timeout(Math.max(1, Math.ceil(due + deadlineMs - performance.now())));
          const sent = get({ port, host: '127.0.0.1', path, headers, agent, signal }, (response) => {
            response.resume().once('end', () => {
              const took = performance.now() - due;
              if (took > deadlineMs) end('late');
              else end(response.statusCode ?? 0);
              if (took <= deadlineMs && response.statusCode === 200) good.push(took);
              resolve();
            });
            response.once('error', () => {});
          });
          sent.once('error', ({ code, name }: NodeJS.ErrnoException) => {
            end(name === 'AbortError' ? 'late' : (code ?? name));
            resolve();
          });
        });
      await new Promise<void>((resolve) => {
        const all: Promise<void>[] = [];
        const total = Math.round(seconds * perSecond);
        const timer = setInterval(() => {
          for (;;) {
            const due = begun + (all.length * 1000) / perSecond;
            if (all.length === total || due > performance.now()) break;
            all.push(send(due));
          }
          if (all.length < total) return;
          clearInterval(timer);
          void Promise.all(all).then(() => resolve());
        }, 1);
      });
      const sorted = good.toSorted((a, b) => a - b);
      return { ends, goodput: good.length / seconds, p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0 };
    }),
  );
  agent.destroy();
  return outcomes;
}

if (process.argv[1] === import.meta.filename) {
  process.once('message', (load: OpenLoad) => {
    void run(load).then((outcomes) => process.send?.(outcomes));
  });
}
