import type { PartChange } from '../../../kernel/events.ts';
import { startContainerHealth } from './container-health.ts';
import { listens } from './listening.ts';
import type { Revision, TargetState } from './revision.ts';
import type { LaunchedTask, TaskLauncher } from './task-launcher.ts';

/** One task of a service, from the decision to start it until it has ended. */
export interface Task {
  readonly id: string;
  readonly revision: Revision;
  /** `performance.now()` of its start. */
  readonly startedAt: number;
  health(): TargetState;
  /** Whether it has ever been healthy. */
  wasHealthy(): boolean;
  isStopping(): boolean;
  /** Whether it should listen for a target group and does not. */
  isSilent(): boolean;
  /** Undefined until it has been launched. */
  launched(): LaunchedTask | undefined;
  /** Resolves when it has ended, with what happened: `ended (exit code 1)` or `could not be started: …`. */
  readonly ended: Promise<string>;
  /** Deregisters it, lets requests finish, then sends SIGTERM, and SIGKILL after the stop timeout. */
  stop(): Promise<void>;
  /** Sends SIGKILL, as the loss of its machine would end it. */
  kill(): void;
}

export interface TaskOptions {
  readonly id: string;
  readonly revision: Revision;
  readonly launcher: TaskLauncher;
  readonly onChange: (task: Task, change: PartChange, message?: string) => void;
  /** Called when it does not listen some seconds after its start. */
  readonly onSilent: (task: Task) => void;
}

/** Milliseconds that a task without any health check must run to count as healthy; ECS waits for 40 s.
 * Source: docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html, minimumHealthyPercent */
const uncheckedMs = 1_000;
/** Milliseconds after which a task that does not listen is reported, long before its health checks have failed. */
const silentMs = 15_000;

export function startTask({ id, revision, launcher, onChange, onSilent }: TaskOptions): Task {
  const { targetGroups, healthCheck, stopTimeoutMs } = revision;
  const states: (TargetState | undefined)[] = targetGroups.length > 0 ? targetGroups.map(() => undefined) : ['initial'];
  const timers: NodeJS.Timeout[] = [];
  const ended = Promise.withResolvers<string>();
  let launched: LaunchedTask | undefined;
  let health: TargetState = 'initial';
  let wasHealthy = false;
  let silent = false;
  let stopped: Promise<void> | undefined;
  let stopContainerHealth: (() => void) | undefined;

  const task: Task = {
    id,
    revision,
    startedAt: performance.now(),
    health: () => health,
    wasHealthy: () => wasHealthy,
    isStopping: () => stopped !== undefined,
    isSilent: () => silent,
    launched: () => launched,
    ended: ended.promise,
    stop: () => (stopped ??= stop()),
    kill: () => launched?.signal('SIGKILL'),
  };
  const launching = launch();
  return task;

  async function launch(): Promise<void> {
    try {
      launched = await launcher.launch(id, revision.launch);
    } catch (error) {
      ended.resolve(`could not be started: ${(error as Error).message}`);
      return;
    }
    void launched.ended.then(end);
    onChange(task, 'started');
    if (stopped === undefined) followHealth(launched);
  }

  function followHealth(running: LaunchedTask): void {
    const target = { id, ...running.address };
    for (const [i, group] of targetGroups.entries()) group.register(target, (state) => enter(i, state));
    if (targetGroups.length > 0) {
      timers.push(setTimeout(() => void findSilent().then(() => silent && onSilent(task)), silentMs));
    } else if (healthCheck !== undefined) {
      stopContainerHealth = startContainerHealth(healthCheck, running, (state) => enter(0, state));
    } else timers.push(setTimeout(() => enter(0, 'healthy'), uncheckedMs));
  }

  function stopFollowing(): void {
    stopContainerHealth?.();
    for (const timer of timers) clearTimeout(timer);
  }

  async function findSilent(): Promise<void> {
    if (launched !== undefined && !wasHealthy) silent = !(await listens(launched.address));
  }

  function enter(i: number, state: TargetState | undefined): void {
    states[i] = state;
    if (combined() === 'unhealthy') void findSilent().then(adopt);
    else adopt();
  }

  function combined(): TargetState {
    return states.find((each) => each !== 'healthy') ?? (states.includes(undefined) ? 'initial' : 'healthy');
  }

  function adopt(): void {
    const next = combined();
    if (stopped !== undefined || next === health) return;
    health = next;
    if (next === 'healthy') {
      wasHealthy = true;
      silent = false;
    }
    if (next === 'healthy' || next === 'unhealthy') onChange(task, next);
  }

  async function stop(): Promise<void> {
    health = 'draining';
    stopFollowing();
    await launching;
    if (launched === undefined) return;
    onChange(task, 'draining');
    await Promise.race([Promise.all(targetGroups.map((group) => group.deregister(id))), launched.ended]);
    onChange(task, 'drained');
    launched.signal('SIGTERM');
    const timer = setTimeout(() => launched?.signal('SIGKILL'), stopTimeoutMs);
    await ended.promise;
    clearTimeout(timer);
  }

  function end(reason: string): void {
    stopFollowing();
    // A target that has ended gets no further request. Those under way have failed, so nothing waits for them.
    for (const group of targetGroups) void group.deregister(id);
    onChange(task, 'ended', reason);
    ended.resolve(`ended (${reason})`);
  }
}
