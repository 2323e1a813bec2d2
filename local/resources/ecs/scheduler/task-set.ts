import { randomBytes } from 'node:crypto';

import type { Context } from '../../../kernel/resource.ts';
import type { TaskStatus } from '../../../status.ts';
import { portHint } from './listening.ts';
import type { Revision } from './revision.ts';
import type { TaskLauncher } from './task-launcher.ts';
import { startTask, type Task } from './task.ts';

/** The tasks of a service, until they have ended. */
export interface TaskSet {
  all(): readonly Task[];
  /** Those that are not stopping, oldest first. */
  serving(): readonly Task[];
  start(revision: Revision): void;
  /** Ends a task as the loss of its machine would. Returns false when there is no such task. */
  kill(id: string): boolean;
  describe(): readonly TaskStatus[];
}

export interface TaskSetOptions {
  readonly service: string;
  readonly launcher: TaskLauncher;
  readonly report: Pick<Context, 'part' | 'note'>;
  readonly onChange: () => void;
  /** Called with what happened to a task that ended although nothing had stopped it. */
  readonly onEnded: (task: Task, what: string, wasKilled: boolean) => void;
}

export function createTaskSet({ service, launcher, report, onChange, onEnded }: TaskSetOptions): TaskSet {
  const tasks = new Set<Task>();
  const killed = new WeakSet<Task>();
  const reportedSilent = new WeakSet<Revision>();

  return {
    all: () => [...tasks],
    serving: () => [...tasks].filter((task) => !task.isStopping()),
    start(revision) {
      const task = startTask({
        id: `${service}-${randomBytes(2).toString('hex')}`,
        revision,
        launcher,
        onChange({ id }, change, message) {
          report.part(id, change, message);
          onChange();
        },
        onSilent: reportSilent,
      });
      tasks.add(task);
      void task.ended.then((what) => remove(task, what));
    },
    kill(taskId) {
      const task = [...tasks].find(({ id }) => id === taskId);
      if (task === undefined) return false;
      killed.add(task);
      task.kill();
      return true;
    },
    describe: () =>
      [...tasks].flatMap((task) => {
        const launched = task.launched();
        return launched === undefined ? [] : [{ id: task.id, ...launched.describe(), health: task.health() }];
      }),
  };

  function remove(task: Task, what: string): void {
    tasks.delete(task);
    if (!task.isStopping())
      onEnded(task, task.launched() ? `${what} after ${secondsOf(task)} s` : what, killed.has(task));
    onChange();
  }

  function reportSilent(task: Task): void {
    const launched = task.launched();
    if (launched === undefined || reportedSilent.has(task.revision)) return;
    reportedSilent.add(task.revision);
    report.note(`task ${task.id} does not listen yet. ${portHint(launched.address.port)}`);
  }
}

/** The age of a task in seconds. */
export const secondsOf = ({ startedAt }: Task): string => ((performance.now() - startedAt) / 1000).toFixed(1);
