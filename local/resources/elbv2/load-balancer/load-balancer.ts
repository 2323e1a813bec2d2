import type { Server } from 'node:http';
import { withAccessLog } from '../../../http/access-log.ts';
import type { Hop } from '../../../http/hop.ts';
import { closeServer, createHttpServer, listenOnLoopback, setIdleTimeout } from '../../../http/server.ts';
import type { Action } from './actions.ts';
import { createListener } from './listener.ts';
import { refusalPage } from './pages.ts';
import type { Router } from './router.ts';

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
  readonly hop: Hop;
  /** Resolves with the port; rejects when it is in use. Port 0 takes any free one. */
  listen(port: number): Promise<number>;
  /** Empty while it does not listen. */
  url(): string;
  /** Refuses new requests and waits for those under way, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export interface LoadBalancer {
  /** How often each event happened that the load balancer, not a target, decided. */
  readonly counts: ReadonlyMap<string, number>;
  /** Adds a listener; `port` is the one that the template states. */
  addListener(port: number, router: Router<Action>): Listener;
  /** Changes the attributes of all listeners; requests under way keep the earlier ones. */
  update(attributes: LoadBalancerAttributes): void;
  /** Returns the listener on a port as a hop. The hop rejects while there is no listener. */
  hop(port: number): Hop;
  /** The URLs of its listeners, in the order they were added. */
  urls(): readonly string[];
}

/**
 * @param log for a line per request
 * @param isUp whether all rules and targets have had the time to appear
 */
export function createLoadBalancer(
  name: string,
  initial: LoadBalancerAttributes,
  log: NodeJS.WritableStream,
  isUp: () => boolean,
): LoadBalancer {
  let attributes = initial;
  const listeners = new Map<number, Listener>();
  const servers = new Set<Server>();
  const counts = new Map<string, number>();
  const count = (event: string) => counts.set(event, (counts.get(event) ?? 0) + 1);

  return {
    counts,
    addListener(port, router) {
      const hop = withAccessLog(
        createListener(router, () => ({ ...attributes, listenerPort: port, count, isUp })),
        log,
      );
      const { idleTimeoutMs } = attributes;
      const server = createHttpServer({ hop, refuse: refusalPage, idleTimeoutMs, maxHeaderBytes: MAX_HEADER_BYTES });
      let url = '';
      const listener: Listener = {
        hop,
        url: () => url,
        async listen(wanted) {
          const taken = await listenOnLoopback(server, wanted);
          url = `http://127.0.0.1:${taken}`;
          return taken;
        },
        async close(graceMs) {
          url = '';
          servers.delete(server);
          if (listeners.get(port) === listener) listeners.delete(port);
          await closeServer(server, graceMs);
        },
      };
      servers.add(server);
      listeners.set(port, listener);
      return listener;
    },
    update(next) {
      attributes = next;
      for (const server of servers) setIdleTimeout(server, next.idleTimeoutMs);
    },
    hop: (port) => async (request) => {
      const listener = listeners.get(port);
      if (!listener) throw new Error(`the load balancer ${name} has no listener on port ${port}`);
      return listener.hop(request);
    },
    urls: () => [...listeners.values()].map((each) => each.url()).filter((url) => url !== ''),
  };
}
