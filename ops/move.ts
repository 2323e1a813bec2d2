import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type BatchResultErrorEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';

import { receive, release } from './dead-letters.ts';
import { attributesOf, type Letter } from './letter.ts';
import type { Queues } from './queues.ts';

export interface MoveOptions {
  /** Most messages per second. */
  readonly rate: number;
  /** Most messages. */
  readonly max: number;
  readonly matches: (letter: Letter) => boolean;
  readonly onProgress: (moved: number) => void;
  /** A batch under way is finished first. */
  readonly signal: AbortSignal;
}

export interface Moved {
  readonly moved: number;
  /** Why messages could not be moved; they stay in the dead-letter queue. */
  readonly errors: readonly string[];
}

/**
 * Moves messages of a dead-letter queue back. Each is sent before it is deleted, so one is never lost, and one that is deleted
 * too late is handled twice: handlers are idempotent. Those that come there meanwhile stay, or one that fails again would go round.
 */
export async function move(sqs: SQSClient, { url, deadUrl }: Queues, options: MoveOptions): Promise<Moved> {
  const { rate, max, matches, onProgress, signal } = options;
  const startedAt = new Date();
  const stay: Letter[] = [];
  const errors: string[] = [];
  let moved = 0;
  try {
    while (moved < max && !signal.aborted) {
      const batchAt = performance.now();
      const letters = await receive(sqs, deadUrl, max - moved);
      if (letters.length === 0) break;
      const wanted = letters.filter((letter) => letter.sentAt <= startedAt && matches(letter));
      const { sent, failed } = wanted.length === 0 ? { sent: [], failed: [] } : await send(sqs, url, wanted, startedAt);
      errors.push(...failed.map(describe));
      errors.push(...(await remove(sqs, deadUrl, sent)).map((error) => `moved, but not deleted: ${describe(error)}`));
      stay.push(...letters.filter((letter) => !sent.includes(letter)));
      moved += sent.length;
      onProgress(moved);
      await pause((sent.length / rate) * 1000 - (performance.now() - batchAt), signal);
    }
  } finally {
    await release(sqs, deadUrl, stay);
  }
  return { moved, errors };
}

async function send(sqs: SQSClient, QueueUrl: string, letters: readonly Letter[], now: Date) {
  const Entries = letters.map((letter, i) => ({
    Id: String(i),
    MessageBody: letter.message.Body,
    MessageAttributes: attributesOf(letter, now),
  }));
  const { Successful = [], Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  return { sent: Successful.map(({ Id }) => letters[Number(Id)] as Letter), failed: Failed };
}

async function remove(sqs: SQSClient, QueueUrl: string, letters: readonly Letter[]): Promise<BatchResultErrorEntry[]> {
  if (letters.length === 0) return [];
  const Entries = letters.map(({ message }, i) => ({ Id: String(i), ReceiptHandle: message.ReceiptHandle }));
  return (await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))).Failed ?? [];
}

const describe = ({ Code = '', Message = '' }: BatchResultErrorEntry) => `${Code}: ${Message}`;

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
