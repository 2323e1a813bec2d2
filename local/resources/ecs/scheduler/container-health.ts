import type { LaunchedTask } from './task-launcher.ts';

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

export type ContainerState = 'initial' | 'healthy' | 'unhealthy';

/** Interval during the start period, so that the first result does not take a whole interval. */
const startIntervalMs = 250;

/** Runs the check in a task until the returned function is called. */
export function startContainerHealth(
  check: HealthCheck,
  task: Pick<LaunchedTask, 'exec'>,
  onState: (state: ContainerState) => void,
): () => void {
  const [kind, ...words] = check.command;
  const command = kind === 'CMD-SHELL' ? ['sh', '-c', ...words] : words;
  const startedAt = performance.now();
  let state: ContainerState = 'initial';
  let failures = 0;
  let timer = setTimeout(() => void round(), startIntervalMs);
  let stopped = false;

  async function round(): Promise<void> {
    const passed = await task.exec(command, check.timeoutMs);
    if (stopped) return;
    const isStarting = !passed && state === 'initial' && performance.now() - startedAt < check.startPeriodMs;
    failures = passed || isStarting ? 0 : failures + 1;
    if (passed) enter('healthy');
    else if (failures >= check.retries) enter('unhealthy');
    timer = setTimeout(() => void round(), isStarting ? startIntervalMs : check.intervalMs);
  }

  function enter(next: ContainerState): void {
    if (next === state) return;
    state = next;
    onState(next);
  }

  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
