import { createBackoff } from './backoff.ts';
import { failureThreshold, type DeploymentSettings } from './deployment-settings.ts';
import { portHint } from './listening.ts';
import type { Revision } from './revision.ts';
import type { Task } from './task.ts';

/** The deployments of one service: which revision its tasks are to run, and whether they succeed in it. */
export interface Deployments {
  /** The revision that tasks are to run now. */
  revision(): Revision;
  /** Begins a deployment of a revision; one that is under way is given up. */
  begin(revision: Revision): void;
  /** The desired count has changed: `steady` waits for it. */
  resize(): void;
  /** Milliseconds until a task may be started; undefined while none may, after a failed deployment. */
  waitMs(): number | undefined;
  /** Resolves when the current deployment is complete; rejects when it has failed. */
  steady(): Promise<void>;
  /** Whether `steady` has rejected. */
  hasFailed(): boolean;
  /** Counts a failed task of the current revision. `what` happened to it; `tasks` are those that run now. */
  failed(task: Task, what: string, tasks: Iterable<Task>): void;
  /** Every task that is desired is healthy, and none of another revision is left. */
  complete(): void;
  /** The service stops. */
  abandon(): void;
}

export interface DeploymentsOptions {
  readonly service: string;
  readonly revision: Revision;
  readonly settings: () => DeploymentSettings;
  readonly desired: () => number;
  readonly logFile: string;
  readonly note: (message: string) => void;
}

/** A task that has lived no longer than this died at once. */
const quickDeathMs = 10_000;
/** Node prints the line of code that threw, which in a bundle is a page. */
const shownLength = 200;

type State = 'in progress' | 'completed' | 'failed';

export function createDeployments(options: DeploymentsOptions): Deployments {
  const { service, settings, desired, logFile, note } = options;
  const backoff = createBackoff();
  let { revision } = options;
  let state: State = 'in progress';
  let completed: Revision | undefined;
  let lastFailureAt = 0;
  /** Why the deployment before this one failed, when this one is its rollback. */
  let rollbackOf: string | undefined;
  let outcome = pending();

  return {
    revision: () => revision,
    waitMs: () => (state === 'failed' ? undefined : backoff.waitMs()),
    steady: () => outcome.promise,
    hasFailed: () => outcome.hasFailed(),
    begin(next) {
      enter(next);
      if (outcome.isSettled()) outcome = pending();
    },
    resize() {
      if (state === 'completed' && outcome.isSettled()) outcome = pending();
    },
    complete() {
      if (outcome.isSettled() && state === 'completed') return;
      state = 'completed';
      completed = revision;
      const failure = rollbackOf;
      rollbackOf = undefined;
      if (failure === undefined) outcome.resolve();
      else outcome.reject(`${failure}\n  The deployment was rolled back: ${revision.name} runs again.`);
    },
    failed(task, what, tasks) {
      const resets = settings().circuitBreaker.resetOnHealthyTask || state === 'completed';
      if (resets && [task, ...tasks].some(hasRecovered)) backoff.reset();
      if (task.wasHealthy() && ageMs(task) >= quickDeathMs) return note(`${what}; another is started`);
      lastFailureAt = performance.now();
      const beginsPause = backoff.failed();
      if (backoff.failures() < failureThreshold(desired(), settings().circuitBreaker)) {
        return note(`${what}; another is started`);
      }
      const message = `${service} fails again and again: ${what}.${lastLines(task)}\n  Its log: ${logFile}`;
      if (!outcome.isSettled()) return state === 'completed' ? outcome.reject(message) : fail(what, message);
      if (beginsPause) note(`${message}\n  The next attempt is in ${Math.round(backoff.waitMs()) / 1000} s`);
    },
    abandon: () => outcome.reject(`${service} was stopped`),
  };

  /** A task of this revision that was started after the last failure and is well past its start. */
  function hasRecovered(task: Task): boolean {
    const isRecent = task.revision === revision && task.startedAt > lastFailureAt;
    return isRecent && task.wasHealthy() && ageMs(task) >= quickDeathMs;
  }

  function enter(next: Revision): void {
    backoff.reset();
    revision = next;
    state = 'in progress';
    rollbackOf = undefined;
  }

  /** Source: docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html */
  function fail(what: string, message: string): void {
    const { enabled, rollback } = settings().circuitBreaker;
    const previous = completed === revision ? undefined : completed;
    const failure = rollbackOf === undefined ? message : `${rollbackOf}\n  Its rollback failed too: ${message}`;
    if (enabled && rollback && previous !== undefined) {
      note(`${what}; the deployment of ${revision.name} has failed and is rolled back to ${previous.name}`);
      enter(previous);
      rollbackOf = message;
      // A rollback is not rolled back.
      completed = undefined;
      return;
    }
    if (enabled) state = 'failed';
    const rest = enabled ? 'the new one is given up' : 'the new one is tried again';
    outcome.reject(previous === undefined ? failure : `${failure}\n  Tasks of ${previous.name} run on; ${rest}.`);
  }
}

const ageMs = ({ startedAt }: Task): number => performance.now() - startedAt;

/** What a failed task wrote last, and what may help. */
function lastLines(task: Task): string {
  const launched = task.launched();
  if (launched === undefined) return '';
  const lines = launched.logs().filter((line) => line.trim() !== '');
  const shown = lines.map((line) => `\n    ${line.slice(0, shownLength)}`).join('');
  const wantsOtherPort = task.isSilent() || lines.some((line) => /listen (?:EADDRINUSE|EACCES)/.test(line));
  return wantsOtherPort ? `${shown}\n  ${portHint(launched.address.port)}` : shown;
}

/** A promise that is settled once, whose rejection need not be handled. */
function pending() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => undefined);
  let settled: 'resolved' | 'rejected' | undefined;
  return {
    promise,
    isSettled: () => settled !== undefined,
    hasFailed: () => settled === 'rejected',
    resolve() {
      settled = 'resolved';
      resolve();
    },
    reject(message: string) {
      settled = 'rejected';
      reject(new Error(message));
    },
  };
}
