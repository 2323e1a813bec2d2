import type { SpanKind } from '@opentelemetry/api';
import { currentTrace, newSpanId, runInTrace, type Trace } from '../trace-context.ts';

/**
 * Named by the semantic conventions of OpenTelemetry (https://opentelemetry.io/docs/specs/semconv/). With `error.type`, the
 * span's status is an error. Values are never those of requests, parameters or keys: these are personal or secret.
 */
export type Attributes = Record<string, string | number>;

export interface SpanDescription {
  /** One of few: without ids. */
  readonly name: string;
  readonly kind: keyof typeof SpanKind;
  readonly attributes: Attributes;
}

/** A span that has ended. Times in ms since the epoch. */
export interface FinishedSpan extends SpanDescription {
  readonly trace: Trace;
  readonly id: string;
  readonly parentId: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** How many spans wait for their export at most; more are dropped. A span is about 1 KB. */
export const maxWaiting = 2_048;

type Recorder = (span: FinishedSpan) => void;
let record: Recorder | undefined;

/** Passes all spans from now on to `to`; without it, spans are not even described. */
export function recordSpans(to: Recorder | undefined): void {
  record = to;
}

type End = (span: SpanDescription) => void;

/** Starts the span of a hop. Returns what ends it; undefined if the trace is not recorded. */
export const startHop = (trace: Trace): End | undefined => start(trace, trace.spanId, trace.parentId);

/** Starts a span within `trace`. Returns what ends it; undefined if the trace is not recorded. */
export const startChild = (trace: Trace, id = newSpanId()): End | undefined =>
  start(trace, id, trace.innerId ?? trace.spanId);

/** Runs `work` in `trace`, and records it as the span of the hop. `work` may add attributes. */
export function inHop<T>(
  trace: Trace,
  describe: () => SpanDescription,
  work: (attributes: Attributes) => Promise<T>,
): Promise<T> {
  const end = startHop(trace);
  return runInTrace(trace, () => (end ? settle(describe(), work, end) : work({})));
}

/** Runs `work`, and records it as a span within the trace that is running, if that is recorded. `work` may add attributes. */
export function inSpan<T>(describe: () => SpanDescription, work: (attributes: Attributes) => Promise<T>): Promise<T> {
  const trace = currentTrace();
  if (!isRecorded(trace)) return work({});
  const innerId = newSpanId();
  const end = startChild(trace, innerId) as End;
  return runInTrace({ ...trace, innerId }, () => settle(describe(), work, end));
}

const isRecorded = (trace: Trace | undefined): trace is Trace => record !== undefined && trace?.sampled === true;

function start(trace: Trace, id: string, parentId: string | undefined): End | undefined {
  if (!isRecorded(trace)) return undefined;
  const startedAt = now();
  return (span) => record?.({ ...span, trace, id, parentId, startedAt, endedAt: now() });
}

async function settle<T>(span: SpanDescription, work: (attributes: Attributes) => Promise<T>, end: End): Promise<T> {
  try {
    return await work(span.attributes);
  } catch (error) {
    span.attributes['error.type'] ??= errorType(error);
    throw error;
  } finally {
    end(span);
  }
}

/** The code of an error, such as a SQLSTATE, or else its class: never its message, which may quote values. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}

const now = (): number => performance.timeOrigin + performance.now();
