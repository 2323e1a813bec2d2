import type { Hop } from '../../../http/hop.ts';
import { closeServer, createHttpServer, listenOnLoopback } from '../../../http/server.ts';
import type { Action } from './actions.ts';
import { createListener } from './listener.ts';
import { refusalPage } from './pages.ts';
import { createRouter, type Router } from './router.ts';

/** Limit of the request line and all headers together, in bytes.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html#http-headers */
const MAX_HEADER_BYTES = 65_536;

/** The load balancer's attributes that concern a request. */
export interface LoadBalancerAttributes {
  readonly idleTimeoutMs: number;
  readonly dropInvalidNames: boolean;
  readonly forwardedFor: 'append' | 'preserve' | 'remove';
  readonly clientPort: boolean;
}

export interface Listener {
  readonly router: Router<Action>;
  readonly hop: Hop;
  /** Resolves with the port; rejects when it is in use. Port 0 takes any free one. */
  listen(port: number): Promise<number>;
  /** Refuses new requests and waits for those under way, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export interface LoadBalancer {
  readonly name: string;
  /** How often each event happened that the load balancer, not a target, decided. */
  readonly counts: ReadonlyMap<string, number>;
  /** Adds a listener; `port` is the one that the template states. */
  addListener(port: number, defaultAction: Action): Listener;
  /** Returns the way into the listener on a port, for a hop in the same process. It rejects while there is no such listener. */
  hop(port: number): Hop;
}

export function createLoadBalancer(name: string, attributes: LoadBalancerAttributes): LoadBalancer {
  const hops = new Map<number, Hop>();
  const counts = new Map<string, number>();
  const count = (event: string) => counts.set(event, (counts.get(event) ?? 0) + 1);
  return {
    name,
    counts,
    addListener(port, defaultAction) {
      const router = createRouter(defaultAction);
      const options = { ...attributes, listenerPort: port, count };
      const hop = createListener(router, () => options);
      const { idleTimeoutMs } = attributes;
      const server = createHttpServer({ hop, refuse: refusalPage, idleTimeoutMs, maxHeaderBytes: MAX_HEADER_BYTES });
      hops.set(port, hop);
      return {
        router,
        hop,
        listen: (localPort) => listenOnLoopback(server, localPort),
        async close(graceMs) {
          hops.delete(port);
          await closeServer(server, graceMs);
        },
      };
    },
    hop: (port) => async (request) => {
      const hop = hops.get(port);
      if (!hop) throw new Error(`the load balancer ${name} has no listener on port ${port}`);
      return hop(request);
    },
  };
}
