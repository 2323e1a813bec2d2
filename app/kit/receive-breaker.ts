import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import timers from 'node:timers/promises';
import type { Logger } from './log.ts';
import { isOutage } from './outage.ts';

/** Time without receiving until a message probes whether the dependency is back, in ms. */
const probeAfter = 30_000;

export interface ReceiveBreaker {
  /** Runs the handler of a message, and learns from it whether a dependency is down. */
  execute<R>(work: () => Promise<R>): Promise<R>;
  /** Resolves when a message may be received. @throws AbortError if `signal` aborts meanwhile */
  ready(signal: AbortSignal): Promise<void>;
}

/**
 * Opens after 5 consecutive outages, so that messages wait in the queue instead of using up their receives. Messages that
 * fail for another reason do not count. Calls `onChange` with true when only one message at a time may be received, as a
 * probe, and with false when the probe has shown that the dependency is back.
 */
export function createReceiveBreaker(log: Logger, onChange: (probing: boolean) => void): ReceiveBreaker {
  const breaker = circuitBreaker(handleWhen(isOutage), {
    breaker: new ConsecutiveBreaker(5),
    halfOpenAfter: probeAfter,
  });
  let closedUntil = 0;
  let probing = false;
  breaker.onBreak(() => {
    closedUntil = Date.now() + probeAfter;
    if (!probing) log.warn('receiving is paused, a dependency is down');
    probing = true;
    onChange(true);
  });
  breaker.onReset(() => {
    log.info('receiving continues, the dependency is back');
    probing = false;
    onChange(false);
  });
  return {
    execute: (work) => breaker.execute(work),
    async ready(signal) {
      while (breaker.state === CircuitState.Open && Date.now() < closedUntil)
        await timers.setTimeout(closedUntil - Date.now(), undefined, { signal });
    },
  };
}
