import { diag, DiagLogLevel, SpanKind, SpanStatusCode, TraceFlags, type HrTime } from '@opentelemetry/api';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Logger } from '../log.ts';
import { createOtlpExporter } from './otlp-exporter.ts';
import { resourceOf, type ResourceConfig } from './otlp-resource.ts';
import { maxWaiting, type FinishedSpan } from './spans.ts';
import { isXRay, signForXRay } from './x-ray.ts';

export interface SpanExport {
  record(span: FinishedSpan): void;
  /** Exports what is left. */
  stop(): Promise<void>;
}

/**
 * Exports spans in batches. While the receiver is slow, spans wait, up to `maxWaiting`; further ones are dropped.
 * @param endpoint base URL of the receiver
 * @param headers sent to it: `name=value`, separated by commas
 */
export function exportSpans(
  { endpoint, headers }: { endpoint: string; headers?: string | undefined },
  config: ResourceConfig,
  log: Logger,
): SpanExport {
  const warn = (message: string) => log.warn({ detail: message }, 'spans were not exported');
  const ignore = () => {};
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const own = parseKeyPairsIntoRecord(headers);
  const headersOf = isXRay(url)
    ? signForXRay(url, config.AWS_REGION)
    : async (_body: unknown, more: object) => ({ ...own, ...more });
  const exporter = createOtlpExporter(url, headersOf);
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: maxWaiting });
  const resource = resourceOf(config);
  return {
    record: (span) => processor.onEnd(toReadable(span, resource)),
    stop: () => processor.shutdown(),
  };
}

function toReadable(span: FinishedSpan, resource: ReadableSpan['resource']): ReadableSpan {
  const { trace, id, parentId, name, kind, attributes, startedAt, endedAt } = span;
  const context = (spanId: string) => ({ traceId: trace.traceId, spanId, traceFlags: TraceFlags.SAMPLED });
  return {
    name,
    kind: SpanKind[kind],
    spanContext: () => context(id),
    ...(parentId !== undefined && { parentSpanContext: context(parentId) }),
    startTime: toHrTime(startedAt),
    endTime: toHrTime(endedAt),
    duration: toHrTime(endedAt - startedAt),
    status: { code: 'error.type' in attributes ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: 'headroom' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds and nanoseconds. */
function toHrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
