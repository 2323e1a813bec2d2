import type { SNSClient } from '@aws-sdk/client-sns';
import { sql, type Transaction } from 'kysely';
import type { Static, TSchema } from 'typebox';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from './database.ts';
import { contractFaults, type Event, type EventContract } from './events.ts';
import { publish, type Refusal } from './publish.ts';
import type { Task } from './task.ts';
import { describeEvent, inSends } from './telemetry/event-spans.ts';
import { inSpan } from './telemetry/spans.ts';
import { traceHeaders, type TraceHeaders } from './trace-context.ts';

/**
 * Stores an event about a user in the transaction that causes it; the relay publishes it once that has committed. Its id is a
 * new one, or `repeated.id` of an event that happened before and is published again.
 * Needs the tables of migrations/outbox.
 * @throws Error if the payload does not match the contract's schema
 */
export async function appendEvent<S, P extends TSchema>(
  tx: Transaction<S>,
  contract: EventContract<P>,
  payload: NoInfer<Static<P>> & { readonly userId: string },
  repeated: { readonly id?: string; readonly at?: Date } = {},
): Promise<void> {
  const { type } = contract;
  const faults = contractFaults(contract, payload);
  if (faults.length > 0) throw new Error(`The payload does not match the contract of ${type}: ${faults.join(', ')}`);
  const { id = uuidv7(), at = null } = repeated;
  await inSpan(
    () => describeEvent('create', type),
    async (attributes) => {
      attributes['messaging.message.id'] = id;
      await sql`
        INSERT INTO outbox (user_id, id, at, type, payload, trace)
        VALUES (${payload.userId}, ${id}, coalesce(${at}::timestamptz, now()),
          ${type}, ${JSON.stringify(payload)}, ${JSON.stringify(traceHeaders())})`.execute(tx);
    },
  );
}

export interface Relay {
  /** Makes the relay look at once: an event may have been committed. */
  nudge(): void;
}

/** SNS takes at most 10 messages in one call (https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html). */
const batchSize = 10;

/** How often an event is refused before it is parked: with the delays between, after about 17 minutes. */
const maxAttempts = 10;

/**
 * Publishes the events in the outbox, the oldest first: looks each second and on `nudge()`. Several relays may share an
 * outbox. An event is published at least once, twice if a relay dies between publishing and deleting. Events of different
 * relays may overtake each other.
 *
 * An event that the topic refuses waits while others are published, for 1 second to 9 minutes, and is parked in the end.
 * A refusal counts only if it is surely about the event, or the topic took another event since the last one: while SNS as a
 * whole refuses, nothing is parked.
 */
export function startRelay<S>(
  { config, log, metrics, onStop }: Task<{ EVENTS_TOPIC_ARN: string }>,
  options: {
    database: Database<S>;
    sns: Pick<SNSClient, 'send'>;
    /** @default 1000 ms */
    pollMs?: number;
  },
): Relay {
  const { database, sns, pollMs = 1000 } = options;
  let stopped = false;
  let nudged = false;
  let wake = () => {};

  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pollMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** When the topic last took an event. */
  let lastPublished = new Date(0);

  /** Publishes and deletes the oldest events that are due; returns whether there may be more. */
  const relayBatch = () =>
    database.transaction(async (tx) => {
      const { rows } = await sql<OutboxRow>`
        SELECT id, type, at, payload, trace FROM outbox
        WHERE parked_at IS NULL AND not_before <= clock_timestamp()
        ORDER BY id LIMIT ${batchSize} FOR UPDATE SKIP LOCKED`.execute(tx);
      if (rows.length === 0) return false;
      const { published, refused } = await inSends(rows, () =>
        publish(sns, config.EVENTS_TOPIC_ARN, rows.map(toEntry)),
      );
      if (published.length > 0) lastPublished = new Date();
      await sql`DELETE FROM outbox WHERE id = ANY(${published}::uuid[])`.execute(tx);
      for (const refusal of refused) await postpone(tx, refusal);
      return rows.length === batchSize && published.length > 0;
    });

  /** Makes an event wait, or parks it. */
  const postpone = async (tx: Transaction<S>, { id, error, certain }: Refusal) => {
    const { rows } = await sql<Postponed>`
      WITH refused AS (
        SELECT id, attempts + CASE WHEN ${certain} OR coalesce(failed_at, at) < ${lastPublished} THEN 1 ELSE 0 END AS count
        FROM outbox WHERE id = ${id}
      )
      UPDATE outbox SET
        attempts = count, error = ${error}, failed_at = clock_timestamp(),
        not_before = clock_timestamp() + make_interval(secs => 2 ^ count),
        parked_at = CASE WHEN count >= ${maxAttempts} THEN clock_timestamp() END
      FROM refused WHERE outbox.id = refused.id
      RETURNING outbox.id, type, attempts, parked_at AS "parkedAt"`.execute(tx);
    const event = rows[0] as Postponed;
    const fields = { eventId: event.id, type: event.type, attempts: event.attempts, error };
    if (event.parkedAt) {
      metrics.add('EventsParked', 1);
      log.error(fields, 'an event is parked, it is not published');
    } else log.error(fields, 'an event was not published, it stays in the outbox');
  };

  /** An event that is published again keeps its old `at`; `not_before` is when it was stored, until a refusal postpones it. */
  const ageOfOldest = async () => {
    const { rows } = await sql<{ age: number }>`
      SELECT extract(epoch FROM clock_timestamp() - CASE WHEN failed_at IS NULL THEN not_before ELSE at END)::float8 AS age
      FROM outbox WHERE parked_at IS NULL ORDER BY id LIMIT 1`.execute(database.primary);
    return rows[0]?.age ?? 0;
  };
  metrics.observe('OutboxAge', async () => [{ value: await ageOfOldest(), labels: {} }]);

  const run = async () => {
    while (!stopped) {
      nudged = false;
      const more = await relayBatch().catch((err: unknown) => {
        log.error({ err }, 'the outbox was not relayed, its events wait');
        nudged = false;
        return false;
      });
      if (!more && !nudged && !stopped) await pause();
    }
  };
  // Not at once: a task that starts listens first.
  const running = pause().then(run);

  onStop('background', async () => {
    stopped = true;
    wake();
    await running;
  });
  return {
    nudge() {
      nudged = true;
      wake();
    },
  };
}

type OutboxRow = Omit<Event, 'at'> & { at: Date; trace: TraceHeaders | null };

interface Postponed {
  id: string;
  type: string;
  attempts: number;
  parkedAt: Date | null;
}

/** The trace travels in attributes, beside the body, so that a consumer continues it whatever the body's format is. */
function toEntry({ id, type, at, payload, trace }: OutboxRow) {
  const event: Event = { id, type, at: at.toISOString(), payload };
  const attributes = Object.entries({ type, ...trace });
  return {
    Id: id,
    Message: JSON.stringify(event),
    MessageAttributes: Object.fromEntries(
      attributes.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
  };
}
