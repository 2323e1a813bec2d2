import { request } from 'node:http';

/** A target group's health check; times in ms. */
export interface HealthCheck {
  readonly path: string;
  /** @default - the port that receives the traffic */
  readonly port?: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Successes in a row that make an unhealthy target healthy. */
  readonly healthyThreshold: number;
  /** Failures in a row that make a target unhealthy. */
  readonly unhealthyThreshold: number;
  /** Whether a status is that of a healthy target. */
  readonly matcher: (status: number) => boolean;
}

export type Health = 'initial' | 'healthy' | 'unhealthy';
export type ProbeResult = 'passed' | 'failed' | 'refused';

/** How soon a target that does not listen yet is probed again, in ms, so that a start does not take a whole interval. */
const REFUSED_RETRY_MS = 25;

/**
 * Counts probe results into a state. A new target needs one success, an unhealthy one as many as its threshold.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
 */
export function createHealth(
  thresholds: Pick<HealthCheck, 'healthyThreshold' | 'unhealthyThreshold'>,
  initial: Health = 'initial',
) {
  let state = initial;
  let successes = 0;
  let failures = 0;
  return {
    record(passed: boolean): Health {
      successes = passed ? successes + 1 : 0;
      failures = passed ? 0 : failures + 1;
      if (failures >= thresholds.unhealthyThreshold) state = 'unhealthy';
      else if (successes >= (state === 'initial' ? 1 : thresholds.healthyThreshold)) state = 'healthy';
      return state;
    },
  };
}

/**
 * Probes a target at once and then at each interval, however long a response takes, until the returned function is
 * called. A new target that refuses the connection is probed again soon; that counts as one failure per interval.
 * @param initial the state from which results are counted
 */
export function startProbing(
  address: { readonly host: string; readonly port: number },
  check: HealthCheck,
  onHealth: (health: Health) => void,
  initial: Health = 'initial',
): () => void {
  const health = createHealth(check, initial);
  let state = initial;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let failureCountsFrom = performance.now() + check.intervalMs;

  async function round(): Promise<void> {
    const startedAt = performance.now();
    const result = await probe({ ...address, port: check.port ?? address.port }, check);
    if (stopped) return;
    const starting = result === 'refused' && state === 'initial';
    if (!starting || startedAt >= failureCountsFrom) {
      failureCountsFrom = startedAt + check.intervalMs;
      state = health.record(result === 'passed');
      onHealth(state);
    }
    const wait = starting ? REFUSED_RETRY_MS : startedAt + check.intervalMs - performance.now();
    timer = setTimeout(() => void round(), Math.max(0, wait));
  }

  void round();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** One health check request on a connection of its own. Never rejects. */
export function probe(
  { host, port }: { readonly host: string; readonly port: number },
  { path, timeoutMs, matcher }: Pick<HealthCheck, 'path' | 'timeoutMs' | 'matcher'>,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const headers = { 'User-Agent': 'ELB-HealthChecker/2.0', Connection: 'close' };
    const outgoing = request({ host, port, path, headers, agent: false });
    const timer = setTimeout(() => outgoing.destroy(new Error('timeout')), timeoutMs);
    const finish = (result: ProbeResult) => {
      clearTimeout(timer);
      resolve(result);
    };
    outgoing.on('response', (response) => {
      response.resume();
      response.on('end', () => finish(matcher(response.statusCode ?? 0) ? 'passed' : 'failed'));
      response.on('error', () => finish('failed'));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      finish(error.code === 'ECONNREFUSED' ? 'refused' : 'failed'),
    );
    outgoing.end();
  });
}
