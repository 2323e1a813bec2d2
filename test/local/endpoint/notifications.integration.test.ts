import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  type NotificationConfiguration,
  type QueueConfiguration,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startTestEndpoint, type TestEndpoint } from '../../support/endpoint.ts';

let endpoint: TestEndpoint;
let s3: S3Client;
let sqs: SQSClient;
beforeAll(async () => {
  endpoint = await startTestEndpoint();
  s3 = new S3Client(endpoint.clientConfig);
  sqs = new SQSClient(endpoint.clientConfig);
});
afterAll(async () => {
  s3.destroy();
  sqs.destroy();
  await endpoint.stop();
});

interface Message {
  readonly Event?: string;
  readonly Bucket?: string;
  readonly Records?: { eventName: string; s3: { object: { key: string; size?: number; sequencer: string } } }[];
}

const arnOf = (service: string, name: string) => `arn:aws:${service}:eu-central-1:000000000000:${name}`;

/** A bucket and a queue, both of this name. */
async function createPair(name: string) {
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  return { Bucket: name, QueueUrl, QueueArn: arnOf('sqs', name) };
}

const configure = async (Bucket: string, NotificationConfiguration: NotificationConfiguration, skip = true) =>
  s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration,
      SkipDestinationValidation: skip,
    }),
  );

async function receive(QueueUrl: string | undefined): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  return Messages.map(({ Body = '' }) => JSON.parse(Body) as Message);
}

const eventsIn = async (QueueUrl: string | undefined) =>
  (await receive(QueueUrl)).flatMap(({ Records = [] }) =>
    Records.map(({ eventName, s3: { object } }) => [eventName, object.key]),
  );

test('an upload sends the event that AWS documents, with its key encoded as in a form', async () => {
  const { Bucket, QueueUrl, QueueArn } = await createPair('documented');
  await configure(Bucket, { QueueConfigurations: [{ Id: 'uploads', QueueArn, Events: ['s3:ObjectCreated:*'] }] });
  await s3.send(new PutObjectCommand({ Bucket, Key: 'in/red flower ü.jpg', Body: 'hello' }));
  expect(await receive(QueueUrl)).toEqual([
    {
      Records: [
        {
          eventVersion: '2.1',
          eventSource: 'aws:s3',
          awsRegion: 'eu-central-1',
          eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          eventName: 'ObjectCreated:Put',
          userIdentity: { principalId: '000000000000' },
          requestParameters: { sourceIPAddress: '127.0.0.1' },
          responseElements: { 'x-amz-request-id': expect.any(String), 'x-amz-id-2': expect.any(String) },
          s3: {
            s3SchemaVersion: '1.0',
            configurationId: 'uploads',
            bucket: {
              name: 'documented',
              ownerIdentity: { principalId: '000000000000' },
              arn: 'arn:aws:s3:::documented',
            },
            object: {
              key: 'in/red+flower+%C3%BC.jpg',
              size: 5,
              eTag: '5d41402abc4b2a76b9719d911017c592',
              sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
            },
          },
        },
      ],
    },
  ]);
});

test('each kind of creation and removal sends its own event, a failed one none', async () => {
  const { Bucket, QueueUrl, QueueArn } = await createPair('each-event');
  const Events = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'] as const;
  await configure(Bucket, { QueueConfigurations: [{ QueueArn, Events: [...Events] }] });

  await s3.send(new PutObjectCommand({ Bucket, Key: 'put', Body: 'x' }));
  await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/put` }));
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
  const part = { Bucket, Key: 'parts', UploadId, PartNumber: 1 };
  const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: 'x' }));
  const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'parts', UploadId, MultipartUpload }));
  const form = new FormData();
  form.set('key', 'forms/${filename}');
  form.set('file', new Blob(['x']), 'a.txt');
  await fetch(`${endpoint.url}/${Bucket}`, { method: 'POST', body: form });
  expect(await eventsIn(QueueUrl)).toEqual([
    ['ObjectCreated:Put', 'put'],
    ['ObjectCreated:Copy', 'copy'],
    ['ObjectCreated:CompleteMultipartUpload', 'parts'],
    ['ObjectCreated:Post', 'forms/a.txt'],
  ]);

  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'put' }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'put' }));
  const Delete = { Objects: [{ Key: 'copy' }, { Key: 'parts' }, { Key: 'never-existed' }] };
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
  await expect(
    s3.send(new CopyObjectCommand({ Bucket, Key: 'failed', CopySource: `${Bucket}/put` })),
  ).rejects.toMatchObject({ name: 'NoSuchKey' });
  expect(await eventsIn(QueueUrl)).toEqual([
    ['ObjectRemoved:Delete', 'put'],
    ['ObjectRemoved:Delete', 'copy'],
    ['ObjectRemoved:Delete', 'parts'],
  ]);
});

test('in a versioned bucket a removal adds a delete marker', async () => {
  const { Bucket, QueueUrl, QueueArn } = await createPair('versioned');
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  await configure(Bucket, { QueueConfigurations: [{ QueueArn, Events: ['s3:ObjectRemoved:*'] }] });
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  expect(await eventsIn(QueueUrl)).toEqual([['ObjectRemoved:DeleteMarkerCreated', 'a']]);
});

test('only objects whose key has the prefix and the suffix send events, also after a restart', async () => {
  const { Bucket, QueueUrl, QueueArn } = await createPair('filtered');
  const configuration: QueueConfiguration = {
    Id: 'images',
    QueueArn,
    Events: ['s3:ObjectCreated:Put'],
    Filter: {
      Key: {
        FilterRules: [
          { Name: 'prefix', Value: 'in & out/' },
          { Name: 'suffix', Value: '.png' },
        ],
      },
    },
  };
  await configure(Bucket, { QueueConfigurations: [configuration] });
  await endpoint.restart();
  const { QueueConfigurations } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  expect(QueueConfigurations).toEqual([configuration]);
  for (const Key of ['in & out/a.png', 'in & out/a.txt', 'other/a.png']) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  }
  expect(await eventsIn(QueueUrl)).toEqual([['ObjectCreated:Put', 'in+%26+out/a.png']]);
});

test('a topic passes the event on to its subscribers', async () => {
  const { Bucket, QueueUrl, QueueArn } = await createPair('by-topic');
  const sns = new SNSClient(endpoint.clientConfig);
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'by-topic' }));
  const Attributes = { RawMessageDelivery: 'true' };
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: QueueArn, Attributes }));
  sns.destroy();
  await configure(Bucket, { TopicConfigurations: [{ TopicArn, Events: ['s3:ObjectCreated:*'] }] });
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
  expect(await eventsIn(QueueUrl)).toEqual([['ObjectCreated:Put', 'a']]);
});

test('setting a configuration sends a test event, and replaces the one before', async () => {
  const { Bucket, QueueUrl, QueueArn } = await createPair('tested');
  await configure(Bucket, { QueueConfigurations: [{ QueueArn, Events: ['s3:ObjectCreated:*'] }] }, false);
  expect(await receive(QueueUrl)).toEqual([
    expect.objectContaining({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'tested' }),
  ]);
  await configure(Bucket, {});
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
  expect(await receive(QueueUrl)).toEqual([]);
  expect(await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))).not.toHaveProperty(
    'QueueConfigurations',
  );
});

const created = (QueueArn: string, rules: Record<string, string> = {}): QueueConfiguration => ({
  QueueArn,
  Events: ['s3:ObjectCreated:*'],
  Filter: {
    Key: { FilterRules: Object.entries(rules).map(([Name, Value]) => ({ Name: Name as 'prefix' | 'suffix', Value })) },
  },
});
const queueArn = arnOf('sqs', 'refused');

test.each<[string, NotificationConfiguration, string, string]>([
  [
    'a Lambda function',
    {
      LambdaFunctionConfigurations: [
        { LambdaFunctionArn: arnOf('lambda', 'function:f'), Events: ['s3:ObjectCreated:*'] },
      ],
    },
    'NotImplemented',
    'Lambda functions (LambdaFunctionConfigurations)',
  ],
  ['EventBridge', { EventBridgeConfiguration: {} }, 'NotImplemented', 'EventBridge (EventBridgeConfiguration)'],
  [
    'an event that never occurs here',
    { QueueConfigurations: [{ QueueArn: queueArn, Events: ['s3:ObjectRestore:*'] }] },
    'NotImplemented',
    's3:ObjectRestore:*',
  ],
  [
    'a queue that does not exist',
    { QueueConfigurations: [created(arnOf('sqs', 'missing'))] },
    'InvalidArgument',
    'Unable to validate the following destination configurations',
  ],
  [
    'a topic that does not exist',
    { TopicConfigurations: [{ TopicArn: arnOf('sns', 'missing'), Events: ['s3:ObjectCreated:*'] }] },
    'InvalidArgument',
    'Unable to validate the following destination configurations',
  ],
  ['a FIFO queue', { QueueConfigurations: [created(`${queueArn}.fifo`)] }, 'InvalidArgument', 'is FIFO'],
  ['a topic as a queue', { QueueConfigurations: [created(arnOf('sns', 'events'))] }, 'InvalidArgument', 'ARN'],
  [
    'a queue of another region',
    { QueueConfigurations: [created('arn:aws:sqs:us-east-1:000000000000:refused')] },
    'InvalidArgument',
    'region',
  ],
  [
    'two for the same event',
    { QueueConfigurations: [created(queueArn), created(queueArn)] },
    'InvalidArgument',
    'Configurations overlap',
  ],
  [
    'two for the same event with overlapping filters',
    { QueueConfigurations: [created(queueArn, { prefix: 'in/' }), created(queueArn, { suffix: '.png' })] },
    'InvalidArgument',
    'Configuration is ambiguously defined',
  ],
])('a configuration is refused that names %s', async (_what, configuration, name, message) => {
  const Bucket = 'refused-notifications';
  await s3.send(new CreateBucketCommand({ Bucket })).catch(() => undefined);
  await expect(configure(Bucket, configuration, false)).rejects.toMatchObject({
    name,
    message: expect.stringContaining(message),
  });
});

test('filters that do not overlap may name the same event', async () => {
  const { Bucket, QueueUrl, QueueArn } = await createPair('disjoint');
  const QueueConfigurations = [
    created(QueueArn, { prefix: 'in/', suffix: '.png' }),
    created(QueueArn, { prefix: 'in/', suffix: '.jpg' }),
  ];
  await configure(Bucket, { QueueConfigurations });
  await s3.send(new PutObjectCommand({ Bucket, Key: 'in/a.jpg', Body: 'x' }));
  expect(await eventsIn(QueueUrl)).toEqual([['ObjectCreated:Put', 'in/a.jpg']]);
});
