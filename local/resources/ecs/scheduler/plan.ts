import { bounds, type DeploymentSettings } from './deployment-settings.ts';
import type { TargetState } from './revision.ts';

/** A task that is not stopping, as the plan sees it. */
export interface PlannedTask {
  /** Whether it runs the revision that the service is to run. */
  readonly isCurrent: boolean;
  readonly health: TargetState;
}

/** What to start and to stop next. */
export interface Plan<T> {
  readonly start: number;
  readonly stop: readonly T[];
}

/**
 * One step towards `desired` tasks of the current revision. Tasks of other revisions stop as current ones become healthy,
 * or to make room for them where fewer healthy tasks are allowed.
 * @param tasks oldest first
 */
export function plan<T extends PlannedTask>(
  tasks: readonly T[],
  desired: number,
  settings: DeploymentSettings,
): Plan<T> {
  const current = tasks.filter(({ isCurrent }) => isCurrent);
  // Tasks that do no work stop first.
  const old = sickFirst(tasks.filter(({ isCurrent }) => !isCurrent));
  if (old.length === 0) {
    const surplus = Math.max(0, current.length - desired);
    return { start: Math.max(0, desired - current.length), stop: sickFirst(current.toReversed()).slice(0, surplus) };
  }
  const { fewestHealthy, mostRunning } = bounds(desired, settings);
  const missing = Math.max(0, desired - current.length);
  const start = Math.min(missing, Math.max(0, mostRunning - tasks.length));
  const replaced = current.filter(isHealthy).length + old.length - desired;
  const stop: T[] = [];
  let healthy = tasks.filter(isHealthy).length;
  for (const task of old.slice(0, Math.max(replaced, missing - start))) {
    if (isHealthy(task) && healthy <= fewestHealthy) break;
    if (isHealthy(task)) healthy -= 1;
    stop.push(task);
  }
  return { start, stop };
}

const isHealthy = ({ health }: PlannedTask): boolean => health === 'healthy';

const sickFirst = <T extends PlannedTask>(tasks: readonly T[]): T[] => [
  ...tasks.filter((task) => !isHealthy(task)),
  ...tasks.filter(isHealthy),
];
