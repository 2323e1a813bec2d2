import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { GetBucketCorsCommand, GetBucketVersioningCommand, GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendEmailCommand, SESClient } from '@aws-sdk/client-ses';
import { ListSubscriptionsByTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createDataRuntime, type DataRuntime } from './data.ts';

jest.setTimeout(30_000);

let data: DataRuntime;
let sqs: SQSClient;
let secrets: SecretsManagerClient;
beforeAll(async () => {
  data = await createDataRuntime();
  sqs = new SQSClient(data.clientConfig);
  secrets = new SecretsManagerClient(data.clientConfig);
});
afterAll(async () => {
  sqs.destroy();
  secrets.destroy();
  await data.dispose();
});

const valueOf = async (SecretId: string) =>
  (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '';
const attributesOf = async (QueueUrl: string) =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes;
const bodiesIn = async (QueueUrl: string) =>
  (
    (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }))).Messages ??
    []
  ).map(({ Body }) => Body);

test('a generated secret has the stated form, and is the same at the next start', async () => {
  const properties = {
    GenerateSecretString: {
      SecretStringTemplate: '{"username":"orders"}',
      GenerateStringKey: 'password',
      PasswordLength: 40,
      ExcludePunctuation: true,
    },
  };
  const first = await data.up('AWS::SecretsManager::Secret', 'Generated', properties);
  const value = JSON.parse(await valueOf(first.ref)) as { username: string; password: string };
  expect(value).toEqual({ username: 'orders', password: expect.stringMatching(/^[A-Za-z0-9]{40}$/) });
  const second = await data.up('AWS::SecretsManager::Secret', 'Generated', properties);
  expect(second).toEqual(first);
  expect(JSON.parse(await valueOf(second.ref))).toEqual(value);
});

test('a stated secret follows the template', async () => {
  const secret = await data.up('AWS::SecretsManager::Secret', 'Stated', { SecretString: 'one' });
  await data.up('AWS::SecretsManager::Secret', 'Stated', { SecretString: 'two' });
  expect(await valueOf(secret.ref)).toBe('two');
});

test('a queue has the attributes of the template, today as after a change', async () => {
  const dead = await data.up('AWS::SQS::Queue', 'Dead', { MessageRetentionPeriod: 1_209_600 });
  const properties = {
    QueueName: `${data.stack}-orders`,
    VisibilityTimeout: '60',
    ReceiveMessageWaitTimeSeconds: 20,
    SqsManagedSseEnabled: true,
    RedrivePolicy: { deadLetterTargetArn: dead.attributes?.['Arn'], maxReceiveCount: 5 },
  };
  const queue = await data.up('AWS::SQS::Queue', 'Orders', properties);
  expect(queue).toEqual({
    ref: `${data.runtime.endpointUrl}/000000000000/${data.stack}-orders`,
    attributes: {
      Arn: `arn:aws:sqs:eu-central-1:000000000000:${data.stack}-orders`,
      QueueName: `${data.stack}-orders`,
      QueueUrl: queue.ref,
    },
  });
  expect(await attributesOf(queue.ref)).toMatchObject({ VisibilityTimeout: '60', ReceiveMessageWaitTimeSeconds: '20' });
  const { RedrivePolicy: _none, ...changed } = { ...properties, VisibilityTimeout: 90 };
  expect(await data.up('AWS::SQS::Queue', 'Orders', changed)).toEqual(queue);
  const attributes = await attributesOf(queue.ref);
  expect(attributes).toMatchObject({ VisibilityTimeout: '90' });
  expect(attributes).not.toHaveProperty('RedrivePolicy');
});

test('a queue says in the status what waits, what is in flight and what is dead', async () => {
  const dead = await data.up('AWS::SQS::Queue', 'CountedDead', {});
  const RedrivePolicy = { deadLetterTargetArn: dead.attributes?.['Arn'], maxReceiveCount: 1 };
  const queue = await data.up('AWS::SQS::Queue', 'Counted', { RedrivePolicy });
  for (const MessageBody of ['a', 'b', 'c'])
    await sqs.send(new SendMessageCommand({ QueueUrl: queue.ref, MessageBody }));
  await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.ref, MaxNumberOfMessages: 1 }));
  await sqs.send(new SendMessageCommand({ QueueUrl: dead.ref, MessageBody: 'dead' }));
  const { queues } = await data.runtime.status.read();
  expect(queues).toContainEqual({ name: `${data.stack}-Counted`, waiting: 2, inFlight: 1, dead: 1 });
});

test('a queue subscribes to a topic once, with the raw delivery and the filter of today', async () => {
  const topic = await data.up('AWS::SNS::Topic', 'Events', { TopicName: `${data.stack}-events` });
  const queue = await data.up('AWS::SQS::Queue', 'Subscriber', {});
  await data.up('AWS::SQS::QueuePolicy', 'Policy', {
    Queues: [queue.ref],
    PolicyDocument: { Version: '2012-10-17', Statement: [] },
  });
  const subscribe = async (type: string) =>
    data.up('AWS::SNS::Subscription', 'Subscription', {
      TopicArn: topic.ref,
      Protocol: 'sqs',
      Endpoint: queue.attributes?.['Arn'],
      RawMessageDelivery: 'true',
      FilterPolicy: { type: [type] },
    });
  const first = await subscribe('payment.refunded');
  expect(await subscribe('payment.succeeded')).toEqual(first);

  const sns = new SNSClient(data.clientConfig);
  const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic.ref }));
  expect(Subscriptions).toHaveLength(1);
  for (const type of ['payment.refunded', 'payment.succeeded']) {
    const MessageAttributes = { type: { DataType: 'String', StringValue: type } };
    await sns.send(new PublishCommand({ TopicArn: topic.ref, Message: type, MessageAttributes }));
  }
  expect(await bodiesIn(queue.ref)).toEqual(['payment.succeeded']);
  sns.destroy();
});

test('a bucket has the versioning, CORS rules and policy of the template', async () => {
  const properties = {
    VersioningConfiguration: { Status: 'Enabled' },
    CorsConfiguration: { CorsRules: [{ AllowedMethods: ['POST'], AllowedOrigins: ['*'], MaxAge: 300 }] },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true },
  };
  const bucket = await data.up('AWS::S3::Bucket', 'Uploads', properties);
  expect(await data.up('AWS::S3::Bucket', 'Uploads', properties)).toEqual(bucket);
  expect(bucket.attributes?.['Arn']).toBe(`arn:aws:s3:::${bucket.ref}`);
  await data.up('AWS::S3::BucketPolicy', 'BucketPolicy', {
    Bucket: bucket.ref,
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: bucket.attributes?.['Arn'] }],
    },
  });
  const s3 = new S3Client(data.clientConfig);
  const Bucket = bucket.ref;
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
  expect((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules).toEqual([
    expect.objectContaining({ AllowedMethods: ['POST'], AllowedOrigins: ['*'], MaxAgeSeconds: 300 }),
  ]);
  expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toContain('"s3:*"');
  s3.destroy();
});

test('a declared mail identity may send', async () => {
  const identity = await data.up('AWS::SES::EmailIdentity', 'Sender', { EmailIdentity: 'orders@example.com' });
  expect(identity.ref).toBe('orders@example.com');
  const ses = new SESClient(data.clientConfig);
  const Message = { Subject: { Data: 'x' }, Body: { Text: { Data: 'x' } } };
  const Destination = { ToAddresses: ['ann@example.org'] };
  const sent = await ses.send(new SendEmailCommand({ Source: identity.ref, Destination, Message }));
  expect(sent.MessageId).toBeTruthy();
  ses.destroy();
});

test('a property that is not honoured is refused by name', async () => {
  await expect(
    data.up('AWS::S3::Bucket', 'Notifying', { NotificationConfiguration: { QueueConfigurations: [] } }),
  ).rejects.toThrow('NotificationConfiguration is not supported');
});
