import { continueTrace, type TraceHeaders } from '../trace-context.ts';
import { errorType, startHop, type SpanDescription } from './spans.ts';

/**
 * Describes what is done with an event: it has a span for its creation, which its consumers continue, and one for each attempt to
 * send it.
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/#trace-structure
 */
export const describeEvent = (operation: 'create' | 'send', type: string): SpanDescription => ({
  name: `${operation} ${type}`,
  kind: operation === 'create' ? 'PRODUCER' : 'CLIENT',
  attributes: {
    'messaging.system': 'aws.sns',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': type,
  },
});

interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly trace: TraceHeaders | null;
}

/** Runs `send`, which sends events in one request, and records a span in the trace of each. */
export async function inSends<O extends { refused: readonly { id: string; error: string }[] }>(
  events: readonly StoredEvent[],
  send: () => Promise<O>,
): Promise<O> {
  const ends = events.map(({ trace }) => (trace?.traceparent ? startHop(continueTrace(trace)) : undefined));
  const endAll = (errorOf: (event: StoredEvent) => string | undefined) => {
    for (const [index, event] of events.entries()) {
      const { attributes, ...span } = describeEvent('send', event.type);
      const error = errorOf(event);
      const more = { 'messaging.message.id': event.id, ...(error !== undefined && { 'error.type': error }) };
      ends[index]?.({ ...span, attributes: { ...attributes, ...more } });
    }
  };
  try {
    const outcome = await send();
    const refused = new Map(outcome.refused.map(({ id, error }) => [id, error.split(':', 1)[0]]));
    endAll(({ id }) => refused.get(id));
    return outcome;
  } catch (error) {
    endAll(() => errorType(error));
    throw error;
  }
}
