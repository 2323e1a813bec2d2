import type { Breakers } from '../breaker.ts';
import type { Metrics } from './metrics.ts';

/** Observes for each dependency whether a circuit is open, 1 or 0. Each connection to Redis has one, of the same name. */
export function observeBreakers(metrics: Metrics, breakers: Breakers): void {
  metrics.observe('BreakerOpen', () => {
    const states = breakers.states();
    return [...new Set(states.map(({ name }) => name))].map((dependency) => ({
      value: states.some(({ name, state }) => name === dependency && state !== 'closed') ? 1 : 0,
      labels: { dependency },
    }));
  });
}
