import { request } from 'node:http';

/** The template's health check; times in ms. */
export interface HealthCheck {
  readonly path: string;
  /** Undefined: the port that takes the traffic. */
  readonly port?: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Successes in a row that make an unhealthy target healthy. */
  readonly healthyThreshold: number;
  /** Failures in a row that make a target unhealthy. */
  readonly unhealthyThreshold: number;
  /** The codes of a healthy answer. */
  readonly matcher: (status: number) => boolean;
}

export type Health = 'initial' | 'healthy' | 'unhealthy';
export type ProbeResult = 'passed' | 'failed' | 'refused';

/** How soon a target that has not begun to listen is asked again, in ms: start-up should not cost a whole interval. */
const REFUSED_RETRY_MS = 50;

/**
 * Counts probe results into a state. A new target needs one success only, an unhealthy one as many as its threshold.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
 */
export function createHealth(thresholds: Pick<HealthCheck, 'healthyThreshold' | 'unhealthyThreshold'>) {
  let state: Health = 'initial';
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
 * Probes a target at once and then at each interval, however long an answer takes, until the returned function is
 * called. While a new target refuses the connection it is asked again at once; that counts as one failure an interval.
 */
export function startProbing(
  address: { readonly host: string; readonly port: number },
  check: HealthCheck,
  onHealth: (health: Health) => void,
): () => void {
  const health = createHealth(check);
  let state: Health = 'initial';
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
    outgoing.on('response', (answer) => {
      answer.resume();
      answer.on('end', () => finish(matcher(answer.statusCode ?? 0) ? 'passed' : 'failed'));
      answer.on('error', () => finish('failed'));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      finish(error.code === 'ECONNREFUSED' ? 'refused' : 'failed'),
    );
    outgoing.end();
  });
}
