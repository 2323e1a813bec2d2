import { spawn } from 'node:child_process';

import { executable } from './task.ts';

/** A container health check as a task definition states it; times in milliseconds. */
export interface HealthCheck {
  /** `["CMD", program, ...args]` or `["CMD-SHELL", line]`. */
  readonly command: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  /** Failures in the first so many ms do not count. */
  readonly startPeriodMs: number;
}

export interface ContainerHealth {
  state(): 'initial' | 'healthy' | 'unhealthy';
  stop(): void;
}

/** In its start period a container is asked this often, so that nobody waits a whole interval for its first answer. */
const startIntervalMs = 250;

/** Runs the check beside the process, with its environment, until stopped. */
export function startContainerHealth(
  check: HealthCheck,
  container: { directory: string; env: Readonly<Record<string, string>> },
): ContainerHealth {
  const startedAt = performance.now();
  let state: ReturnType<ContainerHealth['state']> = 'initial';
  let failures = 0;
  let timer = setTimeout(round, startIntervalMs);
  let stopped = false;

  return {
    state: () => state,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };

  function round(): void {
    const [kind, ...words] = check.command;
    const [program = '', ...args] = kind === 'CMD-SHELL' ? ['sh', '-c', ...words] : words;
    const child = spawn(executable(program), args, {
      cwd: container.directory,
      env: container.env,
      stdio: 'ignore',
      timeout: check.timeoutMs,
      killSignal: 'SIGKILL',
    });
    child.once('error', () => judge(false));
    child.once('exit', (code) => judge(code === 0));
  }

  function judge(passed: boolean): void {
    if (stopped) return;
    const isStarting = !passed && state === 'initial' && performance.now() - startedAt < check.startPeriodMs;
    failures = passed || isStarting ? 0 : failures + 1;
    if (passed) state = 'healthy';
    else if (failures >= check.retries) state = 'unhealthy';
    timer = setTimeout(round, isStarting ? startIntervalMs : check.intervalMs);
  }
}
