import { Refusal } from '../../../kernel/refusal.ts';

/** How a service is kept and how one revision replaces another. */
export interface DeploymentSettings {
  /** Percent of the desired count that stays healthy during a deployment. */
  readonly minimumHealthyPercent: number;
  /** Percent of the desired count that may run during a deployment. */
  readonly maximumPercent: number;
  /** A task may fail its health checks for so many ms after its start. */
  readonly healthGraceMs: number;
  readonly circuitBreaker: CircuitBreaker;
}

export interface CircuitBreaker {
  readonly enabled: boolean;
  /** Whether a failed deployment is replaced by the last one that completed. */
  readonly rollback: boolean;
  /** Whether a task that stays healthy sets the count of failures back to 0. */
  readonly resetOnHealthyTask: boolean;
  readonly threshold: { readonly type: 'COUNT' | 'BOUNDED_PERCENT' | 'UNBOUNDED_PERCENT'; readonly value: number };
}

/**
 * The fewest healthy and the most running tasks during a deployment, rounded up and down.
 * Source: docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
 */
export function bounds(desired: number, { minimumHealthyPercent, maximumPercent }: DeploymentSettings) {
  return {
    fewestHealthy: Math.ceil((desired * minimumHealthyPercent) / 100),
    mostRunning: Math.floor((desired * maximumPercent) / 100),
  };
}

/** @throws Refusal when the bounds allow neither another task nor one less, so that no task could ever be replaced */
export function checkRoom(service: string, desired: number, settings: DeploymentSettings): void {
  const { fewestHealthy, mostRunning } = bounds(desired, settings);
  if (desired === 0 || fewestHealthy < desired || mostRunning > desired) return;
  throw new Refusal(
    `${service} cannot replace its tasks: at least ${fewestHealthy} of ${desired} must stay healthy ` +
      `(MinimumHealthyPercent ${settings.minimumHealthyPercent}) and at most ${mostRunning} may run ` +
      `(MaximumPercent ${settings.maximumPercent}). Lower the minimum or raise the maximum.`,
  );
}

/**
 * The number of failed tasks that fails a deployment: half of the desired count, 3 at least and 200 at most, where the
 * template states nothing else.
 * Source: docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html and
 * docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ThresholdConfiguration.html
 */
export function failureThreshold(desired: number, { threshold: { type, value } }: CircuitBreaker): number {
  if (type === 'COUNT') return value;
  const count = Math.max(1, Math.ceil((desired * value) / 100));
  return type === 'BOUNDED_PERCENT' ? Math.min(Math.max(count, 3), 200) : count;
}
