import { continueTrace, type TraceHeaders } from '../trace-context.ts';
import { startHop, type SpanDescription } from './spans.ts';

/**
 * An event has a span for its creation, which its consumers continue, and one for each attempt to send it.
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/#trace-structure
 */
export const describeCreation = (type: string): SpanDescription => ({
  name: `create ${type}`,
  kind: 'PRODUCER',
  attributes: {
    'messaging.system': 'aws.sns',
    'messaging.operation.name': 'create',
    'messaging.operation.type': 'create',
    'messaging.destination.name': type,
  },
});

/** Starts the spans of sending events. Returns what ends them, by the error of each event that has one. */
export function startSends(
  events: readonly { readonly id: string; readonly type: string; readonly trace: TraceHeaders | null }[],
): (errorOf: (index: number) => string | undefined) => void {
  const ends = events.map(({ trace }) => trace?.traceparent && startHop(continueTrace(trace)));
  return (errorOf) => {
    for (const [index, { id, type }] of events.entries()) {
      const end = ends[index];
      if (!end) continue;
      const error = errorOf(index);
      end({
        name: `send ${type}`,
        kind: 'CLIENT',
        attributes: {
          'messaging.system': 'aws.sns',
          'messaging.operation.name': 'send',
          'messaging.operation.type': 'send',
          'messaging.destination.name': type,
          'messaging.message.id': id,
          ...(error !== undefined && { 'error.type': error }),
        },
      });
    }
  };
}
