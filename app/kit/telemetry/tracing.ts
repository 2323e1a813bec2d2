import type { Task } from '../task.ts';
import { sampleTraces } from '../trace-context.ts';
import type { SpanExport } from './export.ts';
import { flush } from './flush.ts';
import type { ResourceConfig } from './otlp-resource.ts';
import { traceRedis } from './redis-spans.ts';
import { maxWaiting, recordSpans, type FinishedSpan } from './spans.ts';

export interface TracingConfig extends ResourceConfig {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  readonly OTEL_EXPORTER_OTLP_HEADERS?: string;
  readonly OTEL_TRACES_SAMPLER_ARG: number;
}

/**
 * Records spans and exports them to `OTEL_EXPORTER_OTLP_ENDPOINT`; does nothing without it. The SDK is loaded once the task
 * listens, so that it delays no start.
 */
export function startTracing({ config, log, onListening, onStop }: Task<TracingConfig>): void {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: ratio } = config;
  if (endpoint === undefined) return;
  sampleTraces(ratio);
  traceRedis();
  let early: FinishedSpan[] = [];
  recordSpans((span) => void (early.length < maxWaiting && early.push(span)));
  let loading: Promise<SpanExport> | undefined;
  onListening(() => {
    loading = import('./export.ts').then(({ exportSpans }) => {
      const target = exportSpans({ endpoint, headers: config.OTEL_EXPORTER_OTLP_HEADERS }, config, log);
      for (const span of early) target.record(span);
      early = [];
      recordSpans((span) => target.record(span));
      return target;
    });
    loading.catch((err: unknown) => log.error({ err }, 'spans are not exported'));
  });
  onStop('connections', async () => {
    const stopping = loading
      ?.then((target) => target.stop())
      .catch((err: unknown) => log.warn({ err }, 'the last spans were not exported'));
    await flush(stopping);
    recordSpans(undefined);
  });
}
