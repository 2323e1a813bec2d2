import { PublishBatchCommand, type SNSClient } from '@aws-sdk/client-sns';
import { sql, type Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { Event } from './events.ts';
import type { Logger } from './log.ts';

/**
 * Keeps an event in the transaction that causes it; the relay publishes it once that has committed.
 * Needs the table of outbox.sql. Answers the id of the event.
 */
export async function appendEvent<S>(tx: Transaction<S>, type: string, payload: unknown): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    INSERT INTO outbox (type, payload) VALUES (${type}, ${JSON.stringify(payload)}) RETURNING id`.execute(tx);
  return (rows[0] as { id: string }).id;
}

export interface Relay {
  /** Says that an event was committed, so that it does not wait for the next look. */
  nudge(): void;
  stop(): Promise<void>;
}

/** SNS takes at most 10 messages at once. */
const batchSize = 10;

/**
 * Publishes what is in the outbox: looks each second and on `nudge()`. Any number of relays share an outbox.
 * An event is published at least once (twice if a relay dies between publishing and deleting), and events that
 * different tasks relay may overtake each other.
 */
export function startRelay<S>(options: {
  database: Database<S>;
  topicArn: string;
  sns: Pick<SNSClient, 'send'>;
  log: Logger;
  /** @default 1000 ms */
  pollMs?: number;
}): Relay {
  const { database, topicArn, sns, log, pollMs = 1000 } = options;
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

  /** Publishes and deletes the oldest events; answers whether there may be more. */
  const relayBatch = () =>
    database.transaction(async (tx) => {
      const { rows } = await sql<OutboxRow>`
        SELECT position, id, type, at, payload FROM outbox ORDER BY position LIMIT ${batchSize} FOR UPDATE SKIP LOCKED`.execute(
        tx,
      );
      if (rows.length === 0) return false;
      const { Successful = [], Failed = [] } = await sns.send(
        new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries: rows.map(toEntry) }),
      );
      if (Failed.length > 0) log.error({ failed: Failed }, 'events were not published, they stay in the outbox');
      const published = Successful.map(({ Id }) => Id);
      await sql`DELETE FROM outbox WHERE position = ANY(${published}::bigint[])`.execute(tx);
      return published.length === batchSize;
    });

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
  const running = run();

  return {
    nudge() {
      nudged = true;
      wake();
    },
    async stop() {
      stopped = true;
      wake();
      await running;
    },
  };
}

type OutboxRow = Omit<Event, 'at'> & { at: Date; position: number };

function toEntry({ position, id, type, at, payload }: OutboxRow) {
  const event: Event = { id, type, at: at.toISOString(), payload };
  return {
    Id: String(position),
    Message: JSON.stringify(event),
    MessageAttributes: { type: { DataType: 'String', StringValue: type } },
  };
}
