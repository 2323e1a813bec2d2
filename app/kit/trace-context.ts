import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync, randomUUID } from 'node:crypto';

/** One hop of a journey through services and queues: a request, or the handling of a message. */
export interface Trace {
  /** The same on every hop; also what a client receives as `x-request-id`. */
  readonly requestId: string;
  /** What a client on the internet sent as `x-request-id`; of its first hop only. */
  readonly clientRequestId?: string;
  /** 16 bytes in hex, the same on every hop. */
  readonly traceId: string;
  /** 8 bytes in hex, new on every hop. */
  readonly spanId: string;
  /** The span of the caller, which is the parent of this hop's; of a trace that was begun here there is none. */
  readonly parentId?: string;
  /** The innermost span under way, if it is recorded and not the hop's: calls and events are its children. */
  readonly innerId?: string;
  /** Whether all hops record the trace. The first one decides. */
  readonly sampled: boolean;
  /** What tracing systems of other vendors pass along, unchanged. */
  readonly tracestate?: string;
}

/** A trace as it travels: as headers of a request, attributes of a message, or JSON in the outbox. */
export type TraceHeaders = Partial<Record<(typeof traceHeaderNames)[number], string>>;

export const traceHeaderNames = ['x-request-id', 'traceparent', 'tracestate'] as const;

const storage = new AsyncLocalStorage<Trace>();

/** Random bytes for hundreds of ids: each call of the system's generator takes about as long as a small request. */
const pool = Buffer.alloc(8_192);
let taken = pool.length;

function randomHex(bytes: number): string {
  if (taken + bytes > pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  taken += bytes;
  return pool.toString('hex', taken - bytes, taken);
}

let samplingRatio = 1;

/** Sets which part of the traces that begin here is recorded, 0 to 1. Those of callers are recorded as these say. */
export function sampleTraces(ratio: number): void {
  samplingRatio = ratio;
}

export const newSpanId = (): string => randomHex(8);

/**
 * Continues the trace that `headers` carry, with a new span; begins a new trace where they carry none, or a malformed one
 * (https://www.w3.org/TR/trace-context/#processing-model-for-working-with-trace-context).
 * A request id that is not safe to log is replaced.
 */
export function continueTrace(headers: Readonly<Record<string, unknown>>): Trace {
  const parent = parseTraceparent(headers['traceparent']);
  const { 'x-request-id': requestId, tracestate } = headers;
  return {
    requestId: isSafe(requestId) ? requestId : randomUUID(),
    traceId: randomHex(16),
    spanId: newSpanId(),
    sampled: Math.random() < samplingRatio,
    ...parent,
    // Belongs to the traceparent: it is dropped with a malformed one. 512 characters is what the standard asks to pass on.
    ...(parent && typeof tracestate === 'string' && /^[\x20-\x7e]{1,512}$/.test(tracestate) && { tracestate }),
  };
}

/**
 * Begins a trace for a request from the internet. A client does not choose the ids of the log: it could give many requests
 * the same, or those of another client. Its request id is a field of its own.
 */
export function beginTrace({ 'x-request-id': clientRequestId }: Readonly<Record<string, unknown>>): Trace {
  return { ...continueTrace({}), ...(isSafe(clientRequestId) && { clientRequestId }) };
}

const isSafe = (id: unknown): id is string => typeof id === 'string' && /^[\w.:=-]{1,128}$/.test(id);

/** Runs `work`, and all that it starts, as a part of `trace`. */
export function runInTrace<T>(trace: Trace, work: () => T): T {
  return storage.run(trace, work);
}

/** Returns the trace that is running, if one is. */
export const currentTrace = (): Trace | undefined => storage.getStore();

/** Returns what to send along with a call or an event; nothing outside a trace. */
export function traceHeaders(): TraceHeaders {
  const trace = storage.getStore();
  if (trace === undefined) return {};
  return {
    'x-request-id': trace.requestId,
    traceparent: `00-${trace.traceId}-${trace.innerId ?? trace.spanId}-${trace.sampled ? '01' : '00'}`,
    ...(trace.tracestate !== undefined && { tracestate: trace.tracestate }),
  };
}

/** Returns the fields that tie a log line to its trace: `trace`, or else the one that is running. */
export function traceFields(trace = storage.getStore()): object {
  if (trace === undefined) return {};
  const { requestId, clientRequestId, traceId, spanId } = trace;
  return { requestId, ...(clientRequestId !== undefined && { clientRequestId }), traceId, spanId };
}

/** Version 00 has four fields. Later versions may append more, and their first four are read the same way; ff is invalid. */
function parseTraceparent(header: unknown): Pick<Trace, 'traceId' | 'parentId' | 'sampled'> | undefined {
  if (typeof header !== 'string') return undefined;
  const fields = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/.exec(header);
  if (fields === null) return undefined;
  const [, version, traceId = '', parentId = '', flags = '', more] = fields;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
