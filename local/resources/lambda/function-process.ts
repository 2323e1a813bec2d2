import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Children } from '../../host/children.ts';
import type { Outcome } from './invocation.ts';

export interface Invocation {
  readonly name: string;
  readonly directory: string;
  /** `file.export`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly log: NodeJS.WritableStream;
  readonly children: Children;
  readonly event: unknown;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/**
 * Runs a handler once in a process of its own. Resolves with its result.
 * @throws Error with the message of what it threw, or when it ends without a result or takes too long
 */
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
    ([code, killedBy]) => `ended without a result (${killedBy ?? `exit code ${code}`})`,
  );
  const sent = once(child, 'message') as Promise<[Outcome]>;
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(kill, timeoutMs);
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();
  const startedAt = performance.now();
  try {
    child.send(event ?? {});
    const first = await Promise.race([sent, ended]);
    if (typeof first === 'string') {
      const isLate = performance.now() - startedAt >= timeoutMs;
      throw new Error(`function ${name} ${isLate ? `took longer than its timeout of ${timeoutMs / 1000} s` : first}`);
    }
    const [outcome] = first;
    if ('errorMessage' in outcome) throw new Error(`function ${name} failed: ${outcome.errorMessage}`);
    return outcome.result;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
    kill();
    await ended;
    if (child.pid !== undefined) children.remove(child.pid);
  }
}
