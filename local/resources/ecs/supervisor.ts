import { setTimeout as sleep } from 'node:timers/promises';

import type { Report, ServiceStatus } from '../../kernel/driver.ts';
import { startTask, type Task, type TaskDefinition } from './task.ts';

/** Keeps the desired number of tasks of one service running. */
export interface Supervisor {
  readonly name: string;
  /** Resolves when as many tasks as desired are healthy; rejects when they fail again and again before that. */
  steady(): Promise<void>;
  /** Makes the desired count at least this. */
  raiseTo(count: number): void;
  status(): ServiceStatus;
  /** SIGKILLs a task, as a lost machine would; false when there is no such task. */
  kill(taskId: string): boolean;
  stop(): Promise<void>;
}

export interface Options {
  readonly definition: TaskDefinition;
  readonly desired: number;
  /** A task may fail its health checks for so many ms after its start. */
  readonly healthGraceMs: number;
  readonly report: Pick<Report, 'event'>;
  readonly logFile: string;
}

/** A task that lives no longer than this has died at once. */
const quickDeathMs = 10_000;
/** So many failures in a row are a crash loop; ECS's deployment circuit breaker has the same smallest threshold. */
const crashLoop = 3;
const healthPollMs = 100;
/** Node shows the line that threw, which in a bundle is a page. */
const shownLength = 200;

/** Milliseconds to wait after the n-th quick death in a row: 0, 500, 1000, 2000 … 30 000. */
export const pauseAfter = (quickDeaths: number): number =>
  quickDeaths < 2 ? 0 : Math.min(500 * 2 ** (quickDeaths - 2), 30_000);

export function supervise({ definition, desired: initial, healthGraceMs, report, logFile }: Options): Supervisor {
  const { service } = definition;
  const tasks = new Set<Task>();
  const stopping = new AbortController();
  const slots: Promise<void>[] = [];
  let desired = 0;
  let isSteady = true;
  let steady = Promise.withResolvers<void>();
  steady.resolve();
  raiseTo(initial);

  return {
    name: service,
    steady: () => steady.promise,
    raiseTo,
    status: () => ({
      name: service,
      desired,
      healthy: countHealthy(),
      tasks: [...tasks].map((task) => ({ id: task.id, port: task.port, pid: task.pid, health: task.health() })),
    }),
    kill(taskId) {
      const task = [...tasks].find(({ id }) => id === taskId);
      task?.kill();
      return task !== undefined;
    },
    async stop() {
      stopping.abort();
      steady.reject(new Error(`${service} was stopped`));
      await Promise.all(slots);
      await Promise.all([...tasks].map((task) => task.stop()));
    },
  };

  function raiseTo(count: number): void {
    if (count <= desired) return;
    isSteady = false;
    steady = Promise.withResolvers();
    steady.promise.catch(() => undefined);
    desired = count;
    while (slots.length < desired) slots.push(keepOne());
  }

  function countHealthy(): number {
    return [...tasks].filter((task) => task.health() === 'healthy').length;
  }

  /** Keeps one task running, by starting another whenever it ends or fails its health checks. */
  async function keepOne(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      const { what, lines = [] } = await runOne();
      if (stopping.signal.aborted) return;
      failures = !isSteady || performance.now() - startedAt < quickDeathMs ? failures + 1 : 0;
      const pauseMs = pauseAfter(failures);
      if (failures < crashLoop) report.event(`${what}; another is started`);
      else {
        const last = lines.filter((line) => line.trim() !== '').map((line) => `\n    ${line.slice(0, shownLength)}`);
        const message = `${service} fails again and again: ${what}.${last.join('')}\n  Its log: ${logFile}`;
        // Before it was steady this fails the start, which tells it.
        if (!isSteady) steady.reject(new Error(message));
        else report.event(`${message}\n  The next attempt is in ${pauseMs / 1000} s`);
      }
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  /** Starts a task and says what became of it. */
  async function runOne(): Promise<{ what: string; lines?: readonly string[] }> {
    let task: Task;
    try {
      task = await startTask(definition);
    } catch (error) {
      return { what: `a task of ${service} could not be started: ${(error as Error).message}` };
    }
    tasks.add(task);
    const gone = task.ended.then(() => tasks.delete(task));
    const end = await endOrUnhealthy(task);
    if (end === 'unhealthy') void task.stop();
    else if (!stopping.signal.aborted) await gone;
    const seconds = ((performance.now() - task.startedAt) / 1000).toFixed(1);
    const how = end === 'unhealthy' ? 'failed its health checks' : `ended (${end})`;
    return { what: `task ${task.id} ${how} after ${seconds} s`, lines: task.lastLines() };
  }

  function endOrUnhealthy(task: Task): Promise<string> {
    return new Promise((resolve) => {
      const poll = setInterval(() => {
        const isOld = performance.now() - task.startedAt >= healthGraceMs;
        if (isOld && task.health() === 'unhealthy') settle('unhealthy');
        else if (!isSteady && countHealthy() >= desired) {
          isSteady = true;
          steady.resolve();
        }
      }, healthPollMs);
      const settle = (end: string): void => {
        clearInterval(poll);
        stopping.signal.removeEventListener('abort', onStop);
        resolve(end);
      };
      const onStop = (): void => settle('stopping');
      stopping.signal.addEventListener('abort', onStop);
      if (stopping.signal.aborted) onStop();
      void task.ended.then(settle);
    });
  }
}
