import type { App } from '../app.ts';
import type { Task } from '../task.ts';
import { observeBreakers } from './breaker-metrics.ts';
import { toEmf } from './emf.ts';
import { flush } from './flush.ts';
import { publishMetrics } from './metrics-endpoint.ts';
import type { ResourceConfig } from './otlp-resource.ts';
import { measureRequests } from './request-metrics.ts';
import { observeRuntime } from './runtime-metrics.ts';
import { seriesOf } from './series.ts';

export interface MetricsConfig extends ResourceConfig {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  readonly OTEL_EXPORTER_OTLP_HEADERS?: string;
}

/** CloudWatch keeps one value a minute (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Resolution_definition). */
const intervalMs = 60_000;

/** When the SDK is loaded, in ms after the task listens: its first health check does not wait for that. */
const loadAfterMs = 1_000;

/**
 * Measures what every task has, and exports all of its metrics each minute and when it stops: as lines of its log, from which
 * CloudWatch extracts them, and to `OTEL_EXPORTER_OTLP_ENDPOINT` if that is set.
 */
export function startMetrics(
  { config, log, metrics, breakers, onListening, onStop }: Task<MetricsConfig>,
  app: App,
): void {
  const { ENVIRONMENT_NAME: environment, SERVICE_NAME: service } = config;
  measureRequests(app, metrics);
  publishMetrics(app, metrics, { environment, service });
  observeBreakers(metrics, breakers);

  // Written whatever LOG_LEVEL is.
  const lines = log.child({}, { level: 'info' });
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = config;
  const exportAll = async (): Promise<void> => {
    // Both each time: what only one kind of collection has returned stays in memory for the other.
    const total = await metrics.collect('cumulative');
    const recent = await metrics.collect('delta');
    for (const document of toEmf(seriesOf(recent), environment, Date.now())) lines.info(document, 'metrics');
    if (endpoint !== undefined)
      await (await import('./otlp-metrics.ts')).sendMetrics({ endpoint, headers }, total, config);
  };
  let failing = false;
  const exportNow = async (): Promise<void> => {
    try {
      await exportAll();
      failing = false;
    } catch (err) {
      if (!failing) log.warn({ err }, 'metrics were not exported');
      failing = true;
    }
  };

  let timer: NodeJS.Timeout | undefined;
  onListening(() => {
    observeRuntime(metrics);
    timer = setInterval(() => void exportNow(), intervalMs).unref();
    setTimeout(() => {
      metrics.load().catch((err: unknown) => log.error({ err }, 'metrics are not exported'));
    }, loadAfterMs).unref();
  });
  onStop('connections', () => {
    clearInterval(timer);
    return flush(exportNow());
  });
}
