import { randomBytes } from 'node:crypto';

import type { Context } from '../../../kernel/resource.ts';
import type { TaskStatus } from '../../../status.ts';
import { createDeployments } from './deployment.ts';
import { bounds, type DeploymentSettings } from './deployment-settings.ts';
import { portHint } from './listening.ts';
import { plan } from './plan.ts';
import type { Revision } from './revision.ts';
import type { TaskLauncher } from './task-launcher.ts';
import { startTask, type Task } from './task.ts';

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
   * @throws Error when the settings leave no room for that
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
  const tasks = new Set<Task>();
  const killed = new WeakSet<Task>();
  const told = new WeakSet<Revision>();
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
  schedule();

  return {
    name,
    desired: () => desired,
    status: () => ({
      desired,
      healthy: [...tasks].filter((task) => task.health() === 'healthy').length,
      tasks: [...tasks].flatMap((task) => {
        const launched = task.launched();
        return launched === undefined ? [] : [{ id: task.id, ...launched.describe(), health: task.health() }];
      }),
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
    kill(taskId) {
      const task = [...tasks].find(({ id }) => id === taskId);
      if (task === undefined) return false;
      killed.add(task);
      task.kill();
      return true;
    },
    async stop() {
      isStopped = true;
      clearTimeout(wakeTimer);
      deployments.abandon();
      await Promise.all([...tasks].map((task) => task.stop()));
    },
  };

  function roll(revision: Revision): void {
    const { fewestHealthy, mostRunning } = bounds(desired, settings);
    if (desired > 0 && fewestHealthy >= desired && mostRunning <= desired) {
      throw new Error(
        `${name} cannot replace its tasks: at least ${fewestHealthy} of ${desired} must stay healthy ` +
          `(MinimumHealthyPercent ${settings.minimumHealthyPercent}) and at most ${mostRunning} may run ` +
          `(MaximumPercent ${settings.maximumPercent}). Lower the minimum or raise the maximum.`,
      );
    }
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
    const serving = [...tasks].filter((task) => !task.isStopping());
    const planned = serving.map((task) => ({
      task,
      isCurrent: task.revision === revision,
      health: task.health(),
    }));
    const { start, stop } = plan(planned, desired, settings);
    const waitMs = deployments.waitMs();
    // After a failed deployment everything stays as it is.
    if (waitMs === undefined) {
      stopUnfinished(serving);
      return 0;
    }
    for (const { task } of stop) void task.stop();
    for (let i = 0; i < start && waitMs === 0; i += 1) startOne(revision);
    const remaining = planned.filter(({ task }) => !task.isStopping());
    const isDone = remaining.every(({ isCurrent }) => isCurrent);
    if (isDone && remaining.filter(({ health }) => health === 'healthy').length >= desired) deployments.complete();
    return start > 0 ? waitMs : 0;
  }

  /** Returns the milliseconds until the next grace period of an unhealthy task ends, 0 when there is none. */
  function replaceUnhealthy(): number {
    let nextMs = 0;
    for (const task of tasks) {
      if (task.isStopping() || task.health() !== 'unhealthy') continue;
      const graceMs = task.startedAt + settings.healthGraceMs - performance.now();
      if (graceMs > 0) nextMs = Math.min(nextMs || graceMs, graceMs);
      else {
        void task.stop();
        failed(task, `failed its health checks after ${secondsOf(task)} s`);
      }
    }
    return nextMs;
  }

  function stopUnfinished(serving: readonly Task[]): void {
    for (const task of serving) {
      if (task.revision === deployments.revision() && task.health() !== 'healthy') void task.stop();
    }
  }

  function startOne(revision: Revision): void {
    const task = startTask({
      id: `${name}-${randomBytes(2).toString('hex')}`,
      revision,
      launcher,
      onChange({ id }, change, message) {
        report.part(id, change, message);
        schedule();
      },
      onSilent: noteSilent,
    });
    tasks.add(task);
    void task.ended.then((what) => remove(task, what));
  }

  function remove(task: Task, what: string): void {
    tasks.delete(task);
    if (!task.isStopping()) failed(task, task.launched() ? `${what} after ${secondsOf(task)} s` : what);
    schedule();
  }

  function failed(task: Task, what: string): void {
    const message = `task ${task.id} ${what}`;
    if (isStopped) return;
    if (killed.has(task)) report.note(`${message}; another is started`);
    else if (task.revision === deployments.revision()) deployments.failed(task, message, tasks);
    else report.note(`${message}, while it is being replaced`);
  }

  function noteSilent(task: Task): void {
    const launched = task.launched();
    if (launched === undefined || told.has(task.revision)) return;
    told.add(task.revision);
    report.note(`task ${task.id} does not listen yet. ${portHint(launched.address.port)}`);
  }
}

const isSame = (a: Revision, b: Revision): boolean =>
  a.name === b.name &&
  a.targetGroups.length === b.targetGroups.length &&
  a.targetGroups.every((group, i) => group === b.targetGroups[i]);

const secondsOf = ({ startedAt }: Task): string => ((performance.now() - startedAt) / 1000).toFixed(1);
