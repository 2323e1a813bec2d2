import { Agent, type ClientRequest } from 'node:http';
import { connect, type TcpNetConnectOpts } from 'node:net';
import type { Candidate } from './algorithms.ts';
import type { Health } from './health.ts';

/** How long a connection to a target may take to be established, in ms; then the status is 504.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-504-issues */
const CONNECT_TIMEOUT_MS = 10_000;

/** An unused connection to a target is closed after this long, in ms: sooner than the target closes it (after 72 s in
 * this system), so that no request is sent on a connection that is being closed.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#connection-idle-timeout */
const IDLE_MS = 60_000;

export interface TargetAddress {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

export interface SlowStart {
  readonly since: number;
  readonly durationMs: number;
}

/** A registered target, with its own pool of kept-alive connections. */
export interface Target extends TargetAddress, Candidate {
  readonly agent: Agent;
  readonly underWay: ReadonlySet<ClientRequest>;
  health: Health;
  draining: boolean;
  slowStart: SlowStart | undefined;
  begin(request: ClientRequest): void;
  end(request: ClientRequest): void;
  /** Called when the last request under way has ended. */
  whenIdle: (() => void) | undefined;
}

/** The target did not respond, or accept the connection, in time; the status is 504. */
export class TargetTimeoutError extends Error {}

export function createTarget(address: TargetAddress, now: () => number): Target {
  const underWay = new Set<ClientRequest>();
  return {
    ...address,
    agent: createAgent(),
    underWay,
    health: 'initial',
    draining: false,
    slowStart: undefined,
    whenIdle: undefined,
    begin(request) {
      underWay.add(request);
    },
    end(request) {
      if (underWay.delete(request) && underWay.size === 0) this.whenIdle?.();
    },
    get outstanding() {
      return underWay.size;
    },
    share() {
      if (!this.slowStart) return 1;
      const share = (now() - this.slowStart.since) / this.slowStart.durationMs;
      if (share >= 1) this.slowStart = undefined;
      return share;
    },
  };
}

function createAgent(): Agent {
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS, maxFreeSockets: 1024 });
  agent.createConnection = (options) => {
    const socket = connect(options as TcpNetConnectOpts);
    const timer = setTimeout(() => socket.destroy(new TargetTimeoutError('connect timeout')), CONNECT_TIMEOUT_MS);
    const settled = () => clearTimeout(timer);
    return socket.once('connect', settled).once('close', settled);
  };
  return agent;
}
