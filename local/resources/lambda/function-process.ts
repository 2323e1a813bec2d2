import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Children } from '../../kernel/driver.ts';

export interface Invocation {
  readonly name: string;
  readonly directory: string;
  /** `file.export`, as Lambda states it. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly log: NodeJS.WritableStream;
  readonly children: Children;
  readonly event: unknown;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
}

/** What the process that hosts a handler sends back, once. */
export type Answer = { readonly result: unknown } | { readonly errorMessage: string; readonly stack?: string };

/** Runs a handler once in a process of its own. Rejects with what it threw, or when it ends or takes too long. */
export async function invokeFunction(invocation: Invocation): Promise<unknown> {
  const { name, directory, handler, environment, timeoutMs, log, children, event, signal } = invocation;
  const host = join(import.meta.dirname, 'function-host.ts');
  const child = spawn(process.execPath, ['--enable-source-maps', host, handler], {
    cwd: directory,
    env: { ...environment, LAMBDA_TASK_ROOT: directory },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  if (child.pid !== undefined) children.add(child.pid, name);
  const ended = once(child, 'exit').then(
    ([code, killedBy]) => `ended without an answer (${killedBy ?? `exit code ${code}`})`,
  );
  const answered = once(child, 'message') as Promise<[Answer]>;
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(kill, timeoutMs);
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();
  const startedAt = performance.now();
  try {
    child.send(event ?? {});
    const outcome = await Promise.race([answered, ended]);
    if (typeof outcome === 'string') {
      const late = performance.now() - startedAt >= timeoutMs;
      throw new Error(`function ${name} ${late ? `took longer than its timeout of ${timeoutMs / 1000} s` : outcome}`);
    }
    const [answer] = outcome;
    if ('errorMessage' in answer) throw new Error(`function ${name} failed: ${answer.errorMessage}`);
    return answer.result;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
    kill();
    await ended;
    if (child.pid !== undefined) children.remove(child.pid);
  }
}
