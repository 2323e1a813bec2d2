import type { Metrics } from './metrics.ts';

/** Counts what is under way at a time, and observes the most there was since the last export. */
export function observePeak(metrics: Metrics, name: 'MessagesInFlight' | 'RequestsInFlight') {
  let current = 0;
  let most = 0;
  metrics.observe(
    name,
    () => [{ value: most, labels: {} }],
    () => {
      most = current;
    },
  );
  return {
    begin: () => {
      current += 1;
      most = Math.max(most, current);
    },
    end: () => {
      current -= 1;
    },
  };
}
