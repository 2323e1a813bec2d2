import type { HealthCheck } from './container-health.ts';
import type { LaunchDefinition } from './task-launcher.ts';

/** What a service runs: a task definition together with the target groups its tasks are registered with. */
export interface Revision {
  /** Family and revision, such as `shop:3`. */
  readonly name: string;
  readonly launch: LaunchDefinition;
  readonly targetGroups: readonly TargetGroup[];
  /** Decides the health of tasks that are in no target group. */
  readonly healthCheck?: HealthCheck;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly stopTimeoutMs: number;
}

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining';

/** A target group, as the tasks use it. */
export interface TargetGroup {
  /** @param onState called with each change of the target's state, and with undefined once it is deregistered */
  register(
    target: { readonly id: string; readonly host: string; readonly port: number },
    onState: (state: TargetState | undefined) => void,
  ): void;
  /** Resolves once no request to the target is under way. */
  deregister(id: string): Promise<void>;
}
