import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** How long an export may take, in ms. */
const timeoutMs = 10_000;

/** Returns all headers of a request with this body, from those that it has anyway. */
export type HeadersOf = (
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
) => Promise<Readonly<Record<string, string>>>;

/**
 * Exports spans by OTLP over HTTP with JSON. A batch that fails is lost: it is not worth the memory that a retry takes. The
 * exporter of OpenTelemetry would be 16 KB more in each bundle, and cannot sign a request for X-Ray.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function createOtlpExporter(url: string, headersOf: HeadersOf, request: typeof fetch = fetch): SpanExporter {
  const send = async (spans: ReadableSpan[]) => {
    const body = JsonTraceSerializer.serializeRequest(spans) as Uint8Array<ArrayBuffer>;
    const headers = await headersOf(body, { 'content-type': 'application/json' });
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await request(url, { method: 'POST', redirect: 'error', headers, body, signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`The receiver of spans responded with ${response.status}: ${text.slice(0, 200)}`);
  };
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
