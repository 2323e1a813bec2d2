import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';

/** What services tell each other: the JSON body of a message. */
export interface Event<T = unknown> {
  /** The same on every delivery of the same event, so that receivers can tell a repetition. */
  id: string;
  type: string;
  /** When it happened, ISO 8601. */
  at: string;
  payload: T;
}

/** @throws Error if `body` is not an event */
export function parseEvent(body: string | undefined): Event {
  const event = JSON.parse(body ?? '') as Partial<Event> | null;
  for (const key of ['id', 'type', 'at'] as const) {
    if (typeof event?.[key] !== 'string')
      throw new Error(`Not an event, ${key} is not a string: ${body?.slice(0, 200)}`);
  }
  return event as Event;
}

/**
 * What an event says, as far as its receiver needs it.
 * @throws Error if it is not what `schema` describes
 */
export function payloadOf<S extends TSchema>(event: Event, schema: S): NoInfer<Static<S>> {
  return Value.Parse(schema, event.payload);
}
