import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen, isBrokenCircuitError } from 'cockatiel';
import type { Logger } from './log.ts';
import { DependencyError } from './problem.ts';

/** Consecutive failures that open a circuit. */
export const threshold = 5;

/** Keeps work away from one dependency while it is down. */
export interface Breaker {
  /** Whether work may be done; if not, `execute` fails at once, or lets one call probe. */
  readonly closed: boolean;
  /**
   * Does work that needs the dependency, and counts its outcome.
   * @throws DependencyError at once while the circuit is open or another call probes
   */
  execute<T>(work: () => Promise<T>): Promise<T>;
  /** Counts the outcome of work that was done without `execute`: a success, or a `failure`. */
  record(failure?: Error): void;
}

/** What people see of a dependency: no message of an error, which may contain data. */
export interface BreakerState {
  readonly name: string;
  readonly state: 'closed' | 'open' | 'half-open';
  /** When the state began, in ISO 8601. */
  readonly since: string;
  /** Code or class of the last failure that counted, such as `ECONNREFUSED`; null if there was none. */
  readonly lastError: string | null;
}

/** The circuit breakers of a task. */
export interface Breakers {
  create(options: {
    /** Begins a sentence, such as `The database`. */
    name: string;
    /** Time in the open state before a probe, in ms. */
    probeAfterMs: number;
    /** Whether an error is evidence that the dependency is down. */
    counts: (error: unknown) => boolean;
  }): Breaker;
  states(): BreakerState[];
}

/**
 * Creates the registry of a task. Each circuit opens after 5 consecutive failures; a call after `probeAfterMs` probes, and
 * closes it again if it succeeds. Each opening and closing is logged.
 */
export function createBreakers(log: Logger): Breakers {
  const states: (() => BreakerState)[] = [];

  return {
    states: () => states.map((state) => state()),

    create({ name, probeAfterMs, counts }) {
      const circuit = circuitBreaker(handleWhen(counts), {
        breaker: new ConsecutiveBreaker(threshold),
        halfOpenAfter: probeAfterMs,
      });
      let since = new Date();
      let lastError: string | null = null;
      let failing = false;
      let open = false;
      circuit.onFailure(({ handled, reason }) => {
        if (!handled || !('error' in reason)) return;
        failing = true;
        lastError = kindOf(reason.error);
      });
      circuit.onSuccess(() => {
        failing = false;
      });
      circuit.onStateChange(() => {
        since = new Date();
      });
      circuit.onBreak(() => report(true));
      circuit.onReset(() => report(false));

      /** A probe that fails changes nothing worth a line. */
      function report(opened: boolean): void {
        if (opened === open) return;
        open = opened;
        const message = opened ? `${name} is down, its circuit opens` : `${name} is back, its circuit closes`;
        log.warn({ dependency: name }, message);
      }

      const names = {
        [CircuitState.Closed]: 'closed',
        [CircuitState.Open]: 'open',
        [CircuitState.HalfOpen]: 'half-open',
        [CircuitState.Isolated]: 'open',
      } as const;
      states.push(() => ({ name, state: names[circuit.state], since: since.toISOString(), lastError }));

      return {
        get closed() {
          return circuit.state === CircuitState.Closed;
        },
        async execute(work) {
          // The library would let other calls wait for the probe.
          if (circuit.state === CircuitState.HalfOpen) throw new DependencyError(name);
          try {
            return await circuit.execute(work);
          } catch (error) {
            throw isBrokenCircuitError(error) ? new DependencyError(name) : error;
          }
        },
        record(failure) {
          if (circuit.state !== CircuitState.Closed || (failure === undefined && !failing)) return;
          const outcome = async () => {
            if (failure) throw failure;
          };
          circuit.execute(outcome).catch(() => {});
        },
      };
    },
  };
}

/** Returns the code or the name of the first cause, the one that the others explain to a client. */
function kindOf(error: unknown): string {
  let first = error as Error & { code?: unknown };
  while (first.cause instanceof Error) first = first.cause;
  return typeof first.code === 'string' ? first.code : first.name;
}
