import type { Context } from '../../../kernel/resource.ts';
import type { TaskStatus } from '../../../status.ts';
import { createDeployments } from './deployment.ts';
import { checkRoom, type DeploymentSettings } from './deployment-settings.ts';
import { plan } from './plan.ts';
import type { Revision } from './revision.ts';
import type { TaskLauncher } from './task-launcher.ts';
import { createTaskSet, secondsOf } from './task-set.ts';
import type { Task } from './task.ts';

/** Keeps the desired number of tasks of one revision running. */
export interface Service {
  readonly name: string;
  desired(): number;
  status(): { readonly desired: number; readonly healthy: number; readonly tasks: readonly TaskStatus[] };
  /**
   * Resolves when the desired number of tasks of the current revision is healthy and no other is left.
   * @throws Error when tasks fail again and again before that
   */
  steady(): Promise<void>;
  scale(desired: number): void;
  /**
   * Replaces the tasks by tasks of another revision, within the bounds of the settings. Does nothing where that revision
   * is deployed already.
   * @throws Refusal when the settings leave no room for that
   */
  deploy(revision: Revision): void;
  configure(settings: DeploymentSettings): void;
  /** Replaces every task, as a deployment of the same revision. Resolves when that is complete. */
  restart(): Promise<void>;
  /** Ends a task as the loss of its machine would. Returns false when there is no such task. */
  kill(taskId: string): boolean;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  readonly name: string;
  readonly launcher: TaskLauncher;
  readonly revision: Revision;
  readonly desired: number;
  readonly settings: DeploymentSettings;
  readonly report: Pick<Context, 'part' | 'note'>;
  /** Named in messages about tasks that fail. */
  readonly logFile: string;
}

export function createService(options: ServiceOptions): Service {
  const { name, launcher, report } = options;
  let { desired, settings } = options;
  let wakeTimer: NodeJS.Timeout | undefined;
  let isScheduled = false;
  let isStopped = false;
  const deployments = createDeployments({
    service: name,
    revision: options.revision,
    settings: () => settings,
    desired: () => desired,
    logFile: options.logFile,
    note: report.note,
  });
  const tasks = createTaskSet({ service: name, launcher, report, onChange: schedule, onEnded });
  schedule();

  return {
    name,
    desired: () => desired,
    status: () => ({
      desired,
      healthy: tasks.all().filter((task) => task.health() === 'healthy').length,
      tasks: tasks.describe(),
    }),
    steady: () => deployments.steady(),
    scale(count) {
      if (count === desired) return;
      desired = count;
      deployments.resize();
      schedule();
    },
    deploy(revision) {
      if (deployments.hasFailed() || !isSame(revision, deployments.revision())) roll(revision);
    },
    configure(next) {
      settings = next;
      schedule();
    },
    async restart() {
      roll({ ...deployments.revision() });
      await deployments.steady();
    },
    kill: (taskId) => tasks.kill(taskId),
    async stop() {
      isStopped = true;
      clearTimeout(wakeTimer);
      deployments.abandon();
      await Promise.all(tasks.all().map((task) => task.stop()));
    },
  };

  function roll(revision: Revision): void {
    checkRoom(name, desired, settings);
    deployments.begin(revision);
    schedule();
  }

  /** Reconciles after the work at hand, once for all that changes in it. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(() => {
      isScheduled = false;
      if (!isStopped) reconcile();
    });
  }

  function reconcile(): void {
    clearTimeout(wakeTimer);
    const waits = [replaceUnhealthy(), moveOn()].filter((ms) => ms > 0);
    if (waits.length > 0) wakeTimer = setTimeout(schedule, Math.ceil(Math.min(...waits)));
  }

  /** Starts and stops what the plan wants now. Returns the milliseconds until a start that has to wait, else 0. */
  function moveOn(): number {
    const revision = deployments.revision();
    const planned = tasks.serving().map((task) => ({
      task,
      isCurrent: task.revision === revision,
      health: task.health(),
    }));
    const { start, stop } = plan(planned, desired, settings);
    const waitMs = deployments.waitMs();
    // After a failed deployment everything stays as it is.
    if (waitMs === undefined) {
      stopUnfinished();
      return 0;
    }
    for (const { task } of stop) void task.stop();
    for (let i = 0; i < start && waitMs === 0; i += 1) tasks.start(revision);
    const healthy = tasks.serving().filter((task) => task.health() === 'healthy').length;
    // Tasks of another revision count until they have drained and ended.
    if (healthy >= desired && tasks.all().every((task) => task.revision === revision)) deployments.complete();
    return start > 0 ? waitMs : 0;
  }

  /** Returns the milliseconds until the next grace period of an unhealthy task ends, 0 when there is none. */
  function replaceUnhealthy(): number {
    let nextMs = 0;
    for (const task of tasks.serving()) {
      if (task.health() !== 'unhealthy') continue;
      const graceMs = task.startedAt + settings.healthGraceMs - performance.now();
      if (graceMs > 0) nextMs = Math.min(nextMs || graceMs, graceMs);
      else {
        void task.stop();
        failed(task, `failed its health checks after ${secondsOf(task)} s`);
      }
    }
    return nextMs;
  }

  function stopUnfinished(): void {
    for (const task of tasks.serving()) {
      if (task.revision === deployments.revision() && task.health() !== 'healthy') void task.stop();
    }
  }

  function onEnded(task: Task, what: string, wasKilled: boolean): void {
    if (isStopped) return;
    if (wasKilled)
      report.note(`task ${task.id} ${what}${deployments.waitMs() === undefined ? '' : '; another is started'}`);
    else failed(task, what);
  }

  function failed(task: Task, what: string): void {
    const message = `task ${task.id} ${what}`;
    if (task.revision === deployments.revision()) deployments.failed(task, message, tasks.all());
    else report.note(`${message}, while it is being replaced`);
  }
}

const isSame = (a: Revision, b: Revision): boolean =>
  a.name === b.name &&
  a.targetGroups.length === b.targetGroups.length &&
  a.targetGroups.every((group, i) => group === b.targetGroups[i]);
