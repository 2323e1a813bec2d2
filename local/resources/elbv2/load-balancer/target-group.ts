import { algorithms } from './algorithms.ts';
import { createStickyCookie } from './cookies.ts';
import { startProbing, type Health, type HealthCheck } from './health.ts';
import { createTarget, type Target, type TargetAddress } from './target.ts';

export type TargetState = Health | 'draining';

/** Times in ms. */
export interface TargetGroupOptions {
  readonly name: string;
  readonly healthCheck: HealthCheck;
  readonly algorithm: 'round_robin' | 'least_outstanding_requests' | 'weighted_random';
  readonly deregistrationDelayMs: number;
  /** 0: none. */
  readonly slowStartMs: number;
  /** How long a client stays with its target; undefined: no stickiness. */
  readonly stickinessMs?: number;
  readonly now?: () => number;
}

export interface TargetGroup {
  readonly name: string;
  /** Begins to probe the target at once; registering it a second time changes nothing. */
  register(target: TargetAddress): void;
  /** No new request goes to the target from now on. Resolves when those under way are answered, or cut off by the delay. */
  deregister(id: string): Promise<void>;
  /** Undefined: not registered. */
  health(id: string): TargetState | undefined;
  targets(): (TargetAddress & { readonly health: TargetState; readonly outstanding: number })[];
  /** The target of a request, with the cookies that keep its client there; undefined when no target is registered. */
  choose(
    cookieHeader: string | undefined,
  ): { readonly target: Target; readonly setCookies: readonly string[] } | undefined;
  /** Ends probing and all connections to targets. */
  stop(): void;
}

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html */
export function createTargetGroup(options: TargetGroupOptions): TargetGroup {
  const { name, healthCheck, now = Date.now } = options;
  const algorithm = algorithms[options.algorithm]!();
  const cookie = options.stickinessMs ? createStickyCookie<Target>('AWSALB', options.stickinessMs, now) : undefined;
  const registered = new Map<string, { target: Target; stopProbing: () => void }>();
  let routable: readonly Target[] = [];

  function updateRoutable(): void {
    const open = [...registered.values()].map(({ target }) => target).filter((target) => !target.draining);
    const healthy = open.filter((target) => target.health === 'healthy');
    // Fail open: where no target is healthy, all of them get requests. Source: target-group-health-checks.html
    routable = healthy.length > 0 ? healthy : open;
  }

  function changeHealth(target: Target, health: Health): void {
    if (target.health === health) return;
    target.health = health;
    // A target only starts slowly beside one that carries full load. Source: edit-target-group-attributes.html#slow-start-mode
    const carriesFullLoad = (other: Target) => other.health === 'healthy' && other !== target && other.share() >= 1;
    const slow = health === 'healthy' && options.slowStartMs > 0 && routable.some(carriesFullLoad);
    target.slowStart = slow ? { since: now(), durationMs: options.slowStartMs } : undefined;
    updateRoutable();
  }

  const state = (target: Target): TargetState => (target.draining ? 'draining' : target.health);

  return {
    name,
    register(address) {
      const known = registered.get(address.id);
      if (known && !known.target.draining) return;
      const target = createTarget(address, now);
      const stopProbing = startProbing(address, healthCheck, (health) => changeHealth(target, health));
      registered.set(address.id, { target, stopProbing });
      updateRoutable();
    },
    async deregister(id) {
      const entry = registered.get(id);
      if (!entry || entry.target.draining) return;
      const { target } = entry;
      target.draining = true;
      entry.stopProbing();
      cookie?.forget(target);
      updateRoutable();
      await drain(target, options.deregistrationDelayMs);
      target.agent.destroy();
      if (registered.get(id)?.target === target) registered.delete(id);
    },
    health(id) {
      const entry = registered.get(id);
      return entry && state(entry.target);
    },
    targets: () =>
      [...registered.values()].map(({ target }) => ({
        id: target.id,
        host: target.host,
        port: target.port,
        health: state(target),
        outstanding: target.outstanding,
      })),
    choose(cookieHeader) {
      if (routable.length === 0) return undefined;
      if (!cookie) return { target: algorithm(routable), setCookies: [] };
      const bound = cookie.read(cookieHeader);
      const target = bound && routable.includes(bound) ? bound : algorithm(routable);
      return { target, setCookies: cookie.write(target) };
    },
    stop() {
      for (const { target, stopProbing } of registered.values()) {
        stopProbing();
        target.agent.destroy();
      }
      registered.clear();
      updateRoutable();
    },
  };
}

async function drain(target: Target, delayMs: number): Promise<void> {
  if (target.outstanding === 0) return;
  await new Promise<void>((resolve) => {
    const cutOff = setTimeout(() => {
      const error = new Error('the deregistration delay has passed');
      for (const outgoing of target.underWay) outgoing.destroy(error);
      resolve();
    }, delayMs);
    target.whenIdle = () => {
      clearTimeout(cutOff);
      resolve();
    };
  });
}
