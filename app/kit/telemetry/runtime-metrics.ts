import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** How often the delay of the event loop is sampled, in ms. */
const resolution = 20;

/** Observes the process: how long its event loop keeps work waiting, how busy it is, and its memory. */
export function observeRuntime(metrics: Metrics): void {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  // A sample is the time between two timers, of which `resolution` is no delay. Without a sample yet, it is NaN.
  const delayed = () => Math.max(0, delay.percentile(99) / 1e6 - resolution) || 0;
  let since = performance.eventLoopUtilization();

  metrics.observe(
    'EventLoopDelay',
    () => [{ value: delayed(), labels: {} }],
    () => delay.reset(),
  );
  metrics.observe(
    'EventLoopUtilization',
    () => [{ value: performance.eventLoopUtilization(since).utilization * 100, labels: {} }],
    () => {
      since = performance.eventLoopUtilization();
    },
  );
  metrics.observe('MemoryUsed', () => [{ value: process.memoryUsage.rss(), labels: {} }]);
}
