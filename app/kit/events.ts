import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { PermanentError } from './permanent-error.ts';

/** A fact that a service publishes: the JSON body of a message. */
export interface Event<T = unknown> {
  /** The same on every delivery of the event, so that receivers detect repetitions. */
  id: string;
  type: string;
  /** When it happened, ISO 8601. */
  at: string;
  payload: T;
}

/** What publishers and receivers of an event agree on; see app/contracts. */
export interface EventContract<S extends TSchema = TSchema> {
  readonly type: string;
  readonly payload: S;
}

/** @throws Error if `body` is not an event */
export function parseEvent(body: string): Event {
  const event = JSON.parse(body) as Partial<Event> | null;
  for (const key of ['id', 'type', 'at'] as const) {
    if (typeof event?.[key] !== 'string')
      throw new Error(`The message is not an event, ${key} is not a string: ${body.slice(0, 200)}`);
  }
  return event as Event;
}

/**
 * Returns the payload of an event.
 * @throws PermanentError if the event has another type than the contract, or its payload does not match the contract's schema
 */
export function payloadOf<S extends TSchema>(event: Event, contract: EventContract<S>): NoInfer<Static<S>> {
  if (event.type !== contract.type)
    throw new PermanentError(`Event ${event.id} is ${event.type}, expected ${contract.type}`);
  const faults = contractFaults(contract, event.payload);
  if (faults.length > 0)
    throw new PermanentError(`Event ${event.id} breaks the contract of ${event.type}: ${faults.join(', ')}`);
  return event.payload as Static<S>;
}

/** Returns how a payload breaks its contract; empty if it does not. */
export function contractFaults({ payload: schema }: EventContract, payload: unknown): string[] {
  if (Value.Check(schema, payload)) return [];
  return Value.Errors(schema, payload).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
