import {
  type ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, test } from '@jest/globals';
import { move, type MoveOptions } from '../../ops/move.ts';

const queues = { url: 'queue', deadUrl: 'dead', count: 0 };

/** A dead-letter queue with these bodies. `refuse` names those that the queue does not take, `keep` those that are not deleted. */
function fakeSqs(bodies: string[], { refuse = '', keep = '' } = {}) {
  const waiting = bodies.map((Body) => ({ Body, ReceiptHandle: Body, Attributes: { SentTimestamp: '0' } }));
  const calls: Record<'sent' | 'deleted' | 'released', string[]> = { sent: [], deleted: [], released: [] };
  const failure = (Id = '') => ({ Id, SenderFault: true, Code: 'InvalidMessageContents', Message: 'no' });
  const send = async (command: unknown) => {
    if (command instanceof ReceiveMessageCommand)
      return { Messages: waiting.splice(0, command.input.MaxNumberOfMessages) };
    if (command instanceof SendMessageBatchCommand) {
      const { Entries = [] } = command.input;
      const taken = Entries.filter(({ MessageBody = '' }) => !refuse.includes(MessageBody));
      calls.sent.push(...taken.map(({ MessageBody = '' }) => MessageBody));
      return {
        Successful: taken,
        Failed: Entries.filter((each) => !taken.includes(each)).map(({ Id }) => failure(Id)),
      };
    }
    if (command instanceof DeleteMessageBatchCommand) {
      const { Entries = [] } = command.input;
      calls.deleted.push(
        ...Entries.map(({ ReceiptHandle = '' }) => ReceiptHandle).filter((each) => !keep.includes(each)),
      );
      return {
        Failed: Entries.filter(({ ReceiptHandle = '' }) => keep.includes(ReceiptHandle)).map(({ Id }) => failure(Id)),
      };
    }
    const { Entries = [] } = (command as ChangeMessageVisibilityBatchCommand).input;
    calls.released.push(...Entries.map(({ ReceiptHandle = '' }) => ReceiptHandle));
    return {};
  };
  return { calls, sqs: { send } as unknown as SQSClient };
}

const options: MoveOptions = {
  rate: 1e6,
  max: Number.POSITIVE_INFINITY,
  matches: () => true,
  onProgress: () => {},
  signal: new AbortController().signal,
};
const letters = Array.from({ length: 15 }, (_, n) => String.fromCodePoint(97 + n));

test('what the queue refuses stays where it is, and the rest of the batch is moved', async () => {
  const { sqs, calls } = fakeSqs(letters, { refuse: 'bm' });
  expect(await move(sqs, queues, options)).toEqual({
    moved: 13,
    errors: ['InvalidMessageContents: no', 'InvalidMessageContents: no'],
  });
  expect(calls.deleted).toEqual(calls.sent);
  expect(calls.released).toEqual(['b', 'm']);
});

test('a message that was moved but not deleted is reported', async () => {
  const { sqs } = fakeSqs(letters, { keep: 'c' });
  expect(await move(sqs, queues, options)).toEqual({
    moved: 15,
    errors: ['moved, but not deleted: InvalidMessageContents: no'],
  });
});

test('once it is told to stop, it receives no more', async () => {
  const stopping = new AbortController();
  const { sqs, calls } = fakeSqs(letters);
  const onProgress = () => stopping.abort();
  expect(await move(sqs, queues, { ...options, onProgress, signal: stopping.signal })).toEqual({
    moved: 10,
    errors: [],
  });
  expect(calls.deleted).toHaveLength(10);
});

test('a message that came after the start stays', async () => {
  const { sqs, calls } = fakeSqs(['a']);
  const late = { Body: 'late', ReceiptHandle: 'late', Attributes: { SentTimestamp: String(Date.now() + 60_000) } };
  const receive = sqs.send.bind(sqs) as (command: unknown) => Promise<{ Messages?: object[] }>;
  let isFirst = true;
  const send = async (command: unknown) => {
    const result = await receive(command);
    if (isFirst) result.Messages?.push(late);
    isFirst = false;
    return result;
  };
  expect(await move({ send } as unknown as SQSClient, queues, options)).toEqual({ moved: 1, errors: [] });
  expect(calls.released).toEqual(['late']);
});
