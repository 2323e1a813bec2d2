import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { sendOtlp, type HeadersOf } from './otlp-send.ts';

/**
 * Exports spans by OTLP. The exporter of OpenTelemetry would be 16 KB more in each bundle, and cannot sign a request for X-Ray.
 */
export function createOtlpExporter(url: string, headersOf: HeadersOf, request?: typeof fetch): SpanExporter {
  const send = async (spans: ReadableSpan[]) =>
    sendOtlp(url, JsonTraceSerializer.serializeRequest(spans) as Uint8Array, headersOf, request);
  const outcomeOf = (spans: ReadableSpan[]): Promise<ExportResult> =>
    send(spans).then(
      () => ({ code: ExportResultCode.SUCCESS }),
      (error: Error) => ({ code: ExportResultCode.FAILED, error }),
    );
  return {
    export: (spans, done) => void (async () => done(await outcomeOf(spans)))(),
    shutdown: async () => {},
  };
}
