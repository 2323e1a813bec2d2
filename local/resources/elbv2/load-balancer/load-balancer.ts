import type { Action } from './actions.ts';
import { createListener, type Listener } from './listener.ts';
import { createRouter, type Router } from './router.ts';

/** The load balancer's attributes that bear on a request; times in ms. */
export interface LoadBalancerAttributes {
  readonly idleTimeoutMs: number;
  readonly dropInvalidNames: boolean;
  readonly forwardedFor: 'append' | 'preserve' | 'remove';
  readonly clientPort: boolean;
}

export interface LoadBalancer {
  readonly name: string;
  /** How often each thing happened that the load balancer, not a target, decided. */
  readonly counts: ReadonlyMap<string, number>;
  addListener(port: number, defaultAction: Action): { readonly listener: Listener; readonly router: Router<Action> };
  /** By the port the template states. */
  listener(port: number): Listener | undefined;
}

export function createLoadBalancer(name: string, attributes: LoadBalancerAttributes): LoadBalancer {
  const listeners = new Map<number, Listener>();
  const counts = new Map<string, number>();
  const count = (event: string) => counts.set(event, (counts.get(event) ?? 0) + 1);
  return {
    name,
    counts,
    addListener(port, defaultAction) {
      const router = createRouter(defaultAction);
      const listener = createListener({ ...attributes, listenerPort: port, router, count });
      listeners.set(port, listener);
      return { listener, router };
    },
    listener: (port) => listeners.get(port),
  };
}
