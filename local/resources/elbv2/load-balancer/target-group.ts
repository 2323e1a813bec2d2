import { algorithms } from './algorithms.ts';
import { createStickyCookie, type StickyCookie } from './cookies.ts';
import { startProbing, type Health, type HealthCheck } from './health.ts';
import { createTarget, type Target, type TargetAddress } from './target.ts';

export type TargetState = Health | 'draining';

/** Times in ms. */
export interface TargetGroupOptions {
  readonly healthCheck: HealthCheck;
  readonly algorithm: 'round_robin' | 'least_outstanding_requests' | 'weighted_random';
  readonly deregistrationDelayMs: number;
  /** 0: none. */
  readonly slowStartMs: number;
  /** How long a client stays with its target. @default - no stickiness */
  readonly stickinessMs?: number;
  readonly now?: () => number;
}

/** Called with each new state of a target, and with undefined once it is deregistered. */
export type StateListener = (state: TargetState | undefined) => void;

export interface TargetGroup {
  /** Begins to probe the target at once. Registering a target that is registered changes nothing. */
  register(target: TargetAddress, onState?: StateListener): void;
  /** Sends no new request to the target. Resolves when those under way have ended, or the delay has cut them off. */
  deregister(id: string): Promise<void>;
  /** Undefined when the target is not registered. */
  health(id: string): TargetState | undefined;
  targets(): (TargetAddress & { readonly health: TargetState; readonly outstanding: number })[];
  /**
   * Returns the target of a request, with the cookies that keep its client there; undefined without any target, and while
   * the first ones have not been checked.
   */
  choose(
    cookieHeader: string | undefined,
  ): { readonly target: Target; readonly setCookies: readonly string[] } | undefined;
  /** Changes the settings. Targets stay registered and keep their health; probing restarts. */
  update(options: TargetGroupOptions): void;
  /** Ends probing, and closes all connections to targets. */
  stop(): void;
}

interface Registration {
  readonly target: Target;
  readonly onState: StateListener;
  stopProbing: () => void;
}

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html */
export function createTargetGroup(initial: TargetGroupOptions): TargetGroup {
  const { now = Date.now } = initial;
  const registered = new Map<string, Registration>();
  let options = initial;
  let algorithm = algorithms[options.algorithm]!();
  let cookie = stickyCookie(options, now);
  let routable: readonly Target[] = [];
  /** Whether any target has ever been healthy. */
  let wasHealthy = false;

  function updateRoutable(): void {
    const open = [...registered.values()].map(({ target }) => target).filter((target) => !target.draining);
    const healthy = open.filter((target) => target.health === 'healthy');
    wasHealthy ||= healthy.length > 0;
    // Fail open: when no target is healthy, all of them get requests. Source: target-group-health-checks.html
    // Before the first one was healthy, those that have not been checked yet would make each request a 502.
    const checked = wasHealthy ? open : open.filter((target) => target.health !== 'initial');
    routable = healthy.length > 0 ? healthy : checked;
  }

  function changeHealth({ target, onState }: Registration, health: Health): void {
    if (target.health === health) return;
    target.health = health;
    // Slow start needs another target that carries full load. Source: edit-target-group-attributes.html#slow-start-mode
    const carriesFullLoad = (other: Target) => other.health === 'healthy' && other !== target && other.share() >= 1;
    const slow = health === 'healthy' && options.slowStartMs > 0 && routable.some(carriesFullLoad);
    target.slowStart = slow ? { since: now(), durationMs: options.slowStartMs } : undefined;
    updateRoutable();
    onState(health);
  }

  function startProbes(registration: Registration): void {
    const { target } = registration;
    registration.stopProbing();
    const onHealth = (health: Health) => changeHealth(registration, health);
    registration.stopProbing = startProbing(target, options.healthCheck, onHealth, target.health);
  }

  return {
    register(address, onState = () => {}) {
      const known = registered.get(address.id);
      if (known && !known.target.draining) return;
      const registration: Registration = { target: createTarget(address, now), onState, stopProbing: () => {} };
      registered.set(address.id, registration);
      startProbes(registration);
      updateRoutable();
    },
    async deregister(id) {
      const registration = registered.get(id);
      if (!registration || registration.target.draining) return;
      const { target, onState } = registration;
      target.draining = true;
      registration.stopProbing();
      cookie?.forget(target);
      updateRoutable();
      onState('draining');
      await drain(target, options.deregistrationDelayMs);
      target.agent.destroy();
      if (registered.get(id) === registration) registered.delete(id);
      onState(undefined);
    },
    health(id) {
      const registration = registered.get(id);
      return registration && stateOf(registration.target);
    },
    targets: () =>
      [...registered.values()].map(({ target }) => ({
        id: target.id,
        host: target.host,
        port: target.port,
        health: stateOf(target),
        outstanding: target.outstanding,
      })),
    choose(cookieHeader) {
      if (routable.length === 0) return undefined;
      if (!cookie) return { target: algorithm(routable), setCookies: [] };
      const bound = cookie.read(cookieHeader);
      const target = bound && routable.includes(bound) ? bound : algorithm(routable);
      return { target, setCookies: cookie.write(target) };
    },
    update(next) {
      const previous = options;
      options = next;
      if (next.algorithm !== previous.algorithm) algorithm = algorithms[next.algorithm]!();
      if (next.stickinessMs !== previous.stickinessMs) cookie = stickyCookie(next, now);
      for (const registration of registered.values()) {
        if (!registration.target.draining) startProbes(registration);
      }
    },
    stop() {
      const registrations = [...registered.values()];
      registered.clear();
      updateRoutable();
      for (const { target, stopProbing, onState } of registrations) {
        stopProbing();
        target.agent.destroy();
        if (!target.draining) onState(undefined);
      }
    },
  };
}

const stateOf = (target: Target): TargetState => (target.draining ? 'draining' : target.health);

const stickyCookie = ({ stickinessMs }: TargetGroupOptions, now: () => number): StickyCookie<Target> | undefined =>
  stickinessMs ? createStickyCookie<Target>('AWSALB', stickinessMs, now) : undefined;

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
