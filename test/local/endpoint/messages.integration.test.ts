import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  PublishBatchCommand,
  PublishCommand,
  CreateTopicCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { startTestEndpoint, type TestEndpoint } from '../../support/endpoint.ts';

let endpoint: TestEndpoint;
let sqs: SQSClient;
let sns: SNSClient;
beforeAll(async () => {
  endpoint = await startTestEndpoint();
  sqs = new SQSClient(endpoint.clientConfig);
  sns = new SNSClient(endpoint.clientConfig);
});
afterAll(async () => {
  sqs.destroy();
  sns.destroy();
  await endpoint.stop();
});

const createQueue = async (QueueName: string, Attributes?: Record<string, string>) => {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  const { Attributes: all } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  return { url: QueueUrl, arn: all?.['QueueArn'] ?? '' };
};
const receive = async (QueueUrl: string, more: { WaitTimeSeconds?: number; VisibilityTimeout?: number } = {}) => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'], ...more }),
  );
  return Messages;
};

test('a queue URL has the host and port of the request', async () => {
  const queue = await createQueue('named');
  expect(queue).toEqual({
    url: `${endpoint.url}/000000000000/named`,
    arn: 'arn:aws:sqs:eu-central-1:000000000000:named',
  });
});

test('a topic delivers raw messages to the queues whose filter policy matches the type attribute', async () => {
  const [paid, refunded] = [await createQueue('paid'), await createQueue('refunded')];
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'events' }));
  for (const [queue, type] of [
    [paid, 'payment.succeeded'],
    [refunded, 'payment.refunded'],
  ] as const) {
    const Attributes = { RawMessageDelivery: 'true', FilterPolicy: JSON.stringify({ type: [type] }) };
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn, Attributes }));
  }
  const MessageAttributes = { type: { DataType: 'String', StringValue: 'payment.succeeded' } };
  await sns.send(
    new PublishBatchCommand({
      TopicArn,
      PublishBatchRequestEntries: [{ Id: 'a', Message: '{"id":"1"}', MessageAttributes }],
    }),
  );
  await sns.send(new PublishCommand({ TopicArn, Message: '{"id":"2"}', MessageAttributes }));

  expect((await receive(paid.url)).map(({ Body }) => Body)).toEqual(['{"id":"1"}', '{"id":"2"}']);
  expect(await receive(refunded.url)).toEqual([]);
});

test('a message that a topic cannot deliver goes to the dead-letter queue of the subscription, if it matches the filter', async () => {
  const [gone, dead] = [await createQueue('gone'), await createQueue('gone-dead')];
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'undeliverable' }));
  const Attributes = {
    RawMessageDelivery: 'true',
    FilterPolicy: '{"type":["payment.succeeded"]}',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }),
  };
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: gone.arn, Attributes }));
  await sqs.send(new DeleteQueueCommand({ QueueUrl: gone.url }));
  for (const type of ['payment.succeeded', 'payment.refunded']) {
    const MessageAttributes = { type: { DataType: 'String', StringValue: type } };
    await sns.send(new PublishCommand({ TopicArn, Message: type, MessageAttributes }));
  }
  expect((await receive(dead.url)).map(({ Body }) => Body)).toEqual(['payment.succeeded']);

  const again = await createQueue('gone');
  const MessageAttributes = { type: { DataType: 'String', StringValue: 'payment.succeeded' } };
  await sns.send(new PublishCommand({ TopicArn, Message: 'delivered', MessageAttributes }));
  expect((await receive(again.url)).map(({ Body }) => Body)).toEqual(['delivered']);
});

test('a message received too often goes to the dead-letter queue', async () => {
  const dead = await createQueue('work-dead');
  const work = await createQueue('work', {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: '2' }),
    VisibilityTimeout: '0',
  });
  await sqs.send(new SendMessageCommand({ QueueUrl: work.url, MessageBody: 'poison' }));
  for (let attempt = 0; attempt < 2; attempt++) expect(await receive(work.url)).toHaveLength(1);
  expect(await receive(work.url)).toEqual([]);
  expect((await receive(dead.url)).map(({ Body }) => Body)).toEqual(['poison']);
});

test('a message whose visibility timeout is set to 0 is received again at once, and its receive count is kept', async () => {
  const queue = await createQueue('given-back');
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'again' }));
  const [first] = await receive(queue.url);
  await sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: queue.url,
      ReceiptHandle: first?.ReceiptHandle,
      VisibilityTimeout: 0,
    }),
  );
  await endpoint.restart();
  const [second] = await receive(queue.url);
  expect([second?.Body, second?.Attributes?.['ApproximateReceiveCount']]).toEqual(['again', '2']);
});

test('messages waiting and in flight survive a restart', async () => {
  const queue = await createQueue('kept', { VisibilityTimeout: '1' });
  await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: queue.url,
      Entries: [
        { Id: 'a', MessageBody: 'a' },
        { Id: 'b', MessageBody: 'b' },
      ],
    }),
  );
  await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 1 }));
  await endpoint.restart();
  const seen = [
    ...(await receive(queue.url, { VisibilityTimeout: 30 })),
    ...(await receive(queue.url, { WaitTimeSeconds: 3 })),
  ];
  expect(seen.map(({ Body = '' }) => Body).toSorted()).toEqual(['a', 'b']);
});

test('a long poll returns as soon as a message arrives', async () => {
  const queue = await createQueue('polled');
  const waiting = receive(queue.url, { WaitTimeSeconds: 10 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const sentAt = performance.now();
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'now' }));
  expect((await waiting).map(({ Body }) => Body)).toEqual(['now']);
  expect(performance.now() - sentAt).toBeLessThan(2000);
});

test('a receiver that disconnects during a long poll gets no message', async () => {
  const queue = await createQueue('abandoned', { VisibilityTimeout: '60' });
  const killed = new AbortController();
  const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 }), {
    abortSignal: killed.signal,
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  killed.abort();
  await expect(waiting).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'for the living' }));
  expect((await receive(queue.url)).map(({ Body }) => Body)).toEqual(['for the living']);
});

test('each of a hundred messages goes to one of twenty concurrent receivers', async () => {
  const queue = await createQueue('shared');
  const bodies = Array.from({ length: 100 }, (_, index) => String(index));
  await Promise.all(
    bodies.map(async (MessageBody) => sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }))),
  );
  const seen: string[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let messages = await receive(queue.url); messages.length > 0; messages = await receive(queue.url)) {
        for (const { Body = '', ReceiptHandle } of messages) {
          seen.push(Body);
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
        }
      }
    }),
  );
  expect(seen.toSorted()).toEqual(bodies.toSorted());
});
