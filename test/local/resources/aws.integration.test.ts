import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GetBucketCorsCommand, GetBucketVersioningCommand, GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendEmailCommand, SESClient } from '@aws-sdk/client-ses';
import { ListSubscriptionsByTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Running } from '../../../local/kernel/resource.ts';
import { createAwsResources, type AwsResources } from './aws.ts';

let aws: AwsResources;
let sqs: SQSClient;
let secrets: SecretsManagerClient;
beforeAll(async () => {
  aws = await createAwsResources();
  sqs = new SQSClient(aws.clientConfig);
  secrets = new SecretsManagerClient(aws.clientConfig);
});
afterAll(async () => {
  sqs.destroy();
  secrets.destroy();
  await aws.dispose();
});

const identity = ({ ref, attributes }: Running) => ({ ref, attributes });
const valueOf = async (SecretId: string) =>
  (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '';
const attributesOf = async (QueueUrl: string) =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes;
const bodiesIn = async (QueueUrl: string) =>
  (
    (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }))).Messages ??
    []
  ).map(({ Body }) => Body);

test('a generated secret has the form of the template, and is the same at the next start', async () => {
  const properties = {
    GenerateSecretString: {
      SecretStringTemplate: '{"username":"orders"}',
      GenerateStringKey: 'password',
      PasswordLength: 40,
      ExcludePunctuation: true,
    },
  };
  const first = await aws.up('AWS::SecretsManager::Secret', 'Generated', properties);
  const value = JSON.parse(await valueOf(first.ref)) as { username: string; password: string };
  expect(value).toEqual({ username: 'orders', password: expect.stringMatching(/^[A-Za-z0-9]{40}$/) });
  const second = await aws.up('AWS::SecretsManager::Secret', 'Generated', properties);
  expect(identity(second)).toEqual(identity(first));
  expect(JSON.parse(await valueOf(second.ref))).toEqual(value);
});

test('the value of a secret in the template is updated', async () => {
  const secret = await aws.up('AWS::SecretsManager::Secret', 'Stated', { SecretString: 'one' });
  await aws.up('AWS::SecretsManager::Secret', 'Stated', { SecretString: 'two' });
  expect(await valueOf(secret.ref)).toBe('two');
});

test('a queue has the attributes of the template, also after a change', async () => {
  const dead = await aws.up('AWS::SQS::Queue', 'Dead', { MessageRetentionPeriod: 1_209_600 });
  const properties = {
    QueueName: `${aws.stack}-orders`,
    VisibilityTimeout: '60',
    ReceiveMessageWaitTimeSeconds: 20,
    SqsManagedSseEnabled: true,
    RedrivePolicy: { deadLetterTargetArn: dead.attributes?.['Arn'], maxReceiveCount: 5 },
  };
  const queue = await aws.up('AWS::SQS::Queue', 'Orders', properties);
  expect(identity(queue)).toEqual({
    ref: `${aws.endpointUrl}/000000000000/${aws.stack}-orders`,
    attributes: {
      Arn: `arn:aws:sqs:eu-central-1:000000000000:${aws.stack}-orders`,
      QueueName: `${aws.stack}-orders`,
      QueueUrl: queue.ref,
    },
  });
  expect(await attributesOf(queue.ref)).toMatchObject({ VisibilityTimeout: '60', ReceiveMessageWaitTimeSeconds: '20' });
  const { RedrivePolicy: _none, ...changed } = { ...properties, VisibilityTimeout: 90 };
  expect(identity(await aws.update('AWS::SQS::Queue', 'Orders', changed))).toEqual(identity(queue));
  const attributes = await attributesOf(queue.ref);
  expect(attributes).toMatchObject({ VisibilityTimeout: '90' });
  expect(attributes).not.toHaveProperty('RedrivePolicy');
});

test('a FIFO queue is accepted with the properties that CDK synthesizes', async () => {
  const properties = {
    FifoQueue: true,
    ContentBasedDeduplication: true,
    FifoThroughputLimit: 'perQueue',
    DeduplicationScope: 'queue',
    KmsMasterKeyId: 'alias/aws/sqs',
    RedriveAllowPolicy: { redrivePermission: 'denyAll' },
  };
  const queue = await aws.up('AWS::SQS::Queue', 'InOrder', properties);
  expect(queue.attributes?.['QueueName']).toBe(`${aws.stack}-InOrder.fifo`);
  expect(await attributesOf(queue.ref)).toMatchObject({ FifoQueue: 'true', ContentBasedDeduplication: 'true' });
});

test('a property that leaves the template is reset', async () => {
  const queue = await aws.up('AWS::SQS::Queue', 'Reset', { VisibilityTimeout: 90, DelaySeconds: 5 });
  await aws.update('AWS::SQS::Queue', 'Reset', {});
  expect(await attributesOf(queue.ref)).toMatchObject({ VisibilityTimeout: '30', DelaySeconds: '0' });
});

test('a queue describes how many messages wait, are in flight and are dead', async () => {
  const dead = await aws.up('AWS::SQS::Queue', 'CountedDead', {});
  const RedrivePolicy = { deadLetterTargetArn: dead.attributes?.['Arn'], maxReceiveCount: 1 };
  const queue = await aws.up('AWS::SQS::Queue', 'Counted', { RedrivePolicy });
  for (const MessageBody of ['a', 'b', 'c'])
    await sqs.send(new SendMessageCommand({ QueueUrl: queue.ref, MessageBody }));
  await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.ref, MaxNumberOfMessages: 1 }));
  await sqs.send(new SendMessageCommand({ QueueUrl: dead.ref, MessageBody: 'dead' }));
  expect(await queue.describe?.()).toEqual({
    queues: [{ name: `${aws.stack}-Counted`, waiting: 2, inFlight: 1, dead: 1 }],
  });
  expect(await dead.describe?.()).toEqual({});
  const plain = await aws.up('AWS::SQS::Queue', 'Plain', {});
  expect(await plain.describe?.()).toEqual({
    queues: [{ name: `${aws.stack}-Plain`, waiting: 0, inFlight: 0, dead: 0 }],
  });
});

test('a queue subscribes to a topic once, with the raw delivery and the filter of the template', async () => {
  const topic = await aws.up('AWS::SNS::Topic', 'Events', { TopicName: `${aws.stack}-events` });
  const queue = await aws.up('AWS::SQS::Queue', 'Subscriber', {});
  await aws.up('AWS::SQS::QueuePolicy', 'Policy', {
    Queues: [queue.ref],
    PolicyDocument: { Version: '2012-10-17', Statement: [] },
  });
  const subscribe = async (type: string) =>
    aws.up('AWS::SNS::Subscription', 'Subscription', {
      TopicArn: topic.ref,
      Protocol: 'sqs',
      Endpoint: queue.attributes?.['Arn'],
      RawMessageDelivery: 'true',
      FilterPolicy: { type: [type] },
    });
  const first = await subscribe('payment.refunded');
  expect((await subscribe('payment.succeeded')).ref).toBe(first.ref);

  const sns = new SNSClient(aws.clientConfig);
  const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic.ref }));
  expect(Subscriptions).toHaveLength(1);
  for (const type of ['payment.refunded', 'payment.succeeded']) {
    const MessageAttributes = { type: { DataType: 'String', StringValue: type } };
    await sns.send(new PublishCommand({ TopicArn: topic.ref, Message: type, MessageAttributes }));
  }
  expect(await bodiesIn(queue.ref)).toEqual(['payment.succeeded']);
  sns.destroy();
});

test('a filter of messages becomes one of their attributes when its scope leaves the template', async () => {
  const topic = await aws.up('AWS::SNS::Topic', 'Scoped', {});
  const queue = await aws.up('AWS::SQS::Queue', 'ScopedQueue', {});
  const subscription = {
    TopicArn: topic.ref,
    Protocol: 'sqs',
    Endpoint: queue.attributes?.['Arn'],
    RawMessageDelivery: true,
    FilterPolicy: { type: ['paid'] },
  };
  await aws.up('AWS::SNS::Subscription', 'Scoping', { ...subscription, FilterPolicyScope: 'MessageBody' });
  await aws.update('AWS::SNS::Subscription', 'Scoping', subscription);
  const sns = new SNSClient(aws.clientConfig);
  const MessageAttributes = { type: { DataType: 'String', StringValue: 'paid' } };
  await sns.send(new PublishCommand({ TopicArn: topic.ref, Message: 'by attribute', MessageAttributes }));
  expect(await bodiesIn(queue.ref)).toEqual(['by attribute']);
  sns.destroy();
});

test('a message that a subscription cannot deliver goes to its dead-letter queue, until that leaves the template', async () => {
  const topic = await aws.up('AWS::SNS::Topic', 'Undeliverable', {});
  const dead = await aws.up('AWS::SQS::Queue', 'UndeliverableDead', {});
  const subscription = {
    TopicArn: topic.ref,
    Protocol: 'sqs',
    Endpoint: 'arn:aws:sqs:eu-central-1:000000000000:deleted',
    RawMessageDelivery: true,
  };
  const RedrivePolicy = { deadLetterTargetArn: dead.attributes?.['Arn'] };
  await aws.up('AWS::SNS::Subscription', 'Redriving', { ...subscription, RedrivePolicy });
  const sns = new SNSClient(aws.clientConfig);
  await sns.send(new PublishCommand({ TopicArn: topic.ref, Message: 'kept' }));
  expect(await bodiesIn(dead.ref)).toEqual(['kept']);

  await aws.update('AWS::SNS::Subscription', 'Redriving', subscription);
  await sns.send(new PublishCommand({ TopicArn: topic.ref, Message: 'discarded' }));
  expect(await bodiesIn(dead.ref)).toEqual([]);
  sns.destroy();
});

test('a subscription that is removed, or moves to another topic, delivers no more', async () => {
  const sns = new SNSClient(aws.clientConfig);
  const topics = [await aws.up('AWS::SNS::Topic', 'Old', {}), await aws.up('AWS::SNS::Topic', 'New', {})];
  const queue = await aws.up('AWS::SQS::Queue', 'Moved', {});
  const to = (topic: Running | undefined) => ({
    TopicArn: topic?.ref,
    Protocol: 'sqs',
    Endpoint: queue.attributes?.['Arn'],
    RawMessageDelivery: true,
  });
  const publish = async () => {
    for (const [index, topic] of topics.entries()) {
      await sns.send(new PublishCommand({ TopicArn: topic.ref, Message: String(index) }));
    }
  };
  await aws.up('AWS::SNS::Subscription', 'Moving', to(topics[0]));
  const moved = await aws.update('AWS::SNS::Subscription', 'Moving', to(topics[1]));
  await publish();
  expect(await bodiesIn(queue.ref)).toEqual(['1']);
  await moved.remove?.();
  await publish();
  expect(await bodiesIn(queue.ref)).toEqual([]);
  sns.destroy();
});

test("a database's address is added to its secret, once", async () => {
  const secret = await aws.up('AWS::SecretsManager::Secret', 'Login', { SecretString: '{"username":"shop_admin"}' });
  aws.databases.set('shop-db', { host: 'localhost', port: 5432, databaseName: 'shop' });
  const attach = async (TargetType: string) =>
    aws.up('AWS::SecretsManager::SecretTargetAttachment', 'Attachment', {
      SecretId: secret.ref,
      TargetId: 'shop-db',
      TargetType,
    });
  expect((await attach('AWS::RDS::DBInstance')).ref).toBe(secret.ref);
  const read = async () => secrets.send(new GetSecretValueCommand({ SecretId: secret.ref }));
  const first = await read();
  expect(JSON.parse(first.SecretString ?? '')).toEqual({
    username: 'shop_admin',
    engine: 'postgres',
    host: 'localhost',
    port: 5432,
    dbname: 'shop',
    dbInstanceIdentifier: 'shop-db',
  });
  await attach('AWS::RDS::DBInstance');
  expect((await read()).VersionId).toBe(first.VersionId);
  await expect(attach('AWS::RDS::DBCluster')).rejects.toThrow('AWS::RDS::DBCluster');
});

test('a bucket has the versioning, CORS rules and policy of the template', async () => {
  const properties = {
    VersioningConfiguration: { Status: 'Enabled' },
    CorsConfiguration: { CorsRules: [{ AllowedMethods: ['POST'], AllowedOrigins: ['*'], MaxAge: 300 }] },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true },
  };
  const bucket = await aws.up('AWS::S3::Bucket', 'Uploads', properties);
  expect(await aws.up('AWS::S3::Bucket', 'Uploads', properties)).toEqual(bucket);
  expect(bucket.attributes?.['Arn']).toBe(`arn:aws:s3:::${bucket.ref}`);
  await aws.up('AWS::S3::BucketPolicy', 'BucketPolicy', {
    Bucket: bucket.ref,
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: bucket.attributes?.['Arn'] }],
    },
  });
  const s3 = new S3Client(aws.clientConfig);
  const Bucket = bucket.ref;
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
  expect((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules).toEqual([
    expect.objectContaining({ AllowedMethods: ['POST'], AllowedOrigins: ['*'], MaxAgeSeconds: 300 }),
  ]);
  expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toContain('"s3:*"');

  await aws.update('AWS::S3::Bucket', 'Uploads', {});
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Suspended');
  await expect(s3.send(new GetBucketCorsCommand({ Bucket }))).rejects.toMatchObject({
    name: 'NoSuchCORSConfiguration',
  });
  s3.destroy();
});

test('a declared mail identity may send until it is removed', async () => {
  const properties = { EmailIdentity: 'orders@example.com' };
  const sender = await aws.up('AWS::SES::EmailIdentity', 'Sender', properties);
  expect(sender.ref).toBe('orders@example.com');
  const ses = new SESClient(aws.clientConfig);
  const Message = { Subject: { Data: 'x' }, Body: { Text: { Data: 'x' } } };
  const Destination = { ToAddresses: ['ann@example.org'] };
  const mail = new SendEmailCommand({ Source: sender.ref, Destination, Message });
  expect((await ses.send(mail)).MessageId).toBeTruthy();
  await sender.remove?.();
  await expect(ses.send(mail)).rejects.toMatchObject({ name: 'MessageRejected' });
  ses.destroy();
});

test('a mail of a configuration set to the simulator is reported to the topic of its event destination', async () => {
  const sender = await aws.up('AWS::SES::EmailIdentity', 'Reported', { EmailIdentity: 'shop@example.com' });
  const topic = await aws.up('AWS::SNS::Topic', 'Feedback', {});
  const queue = await aws.up('AWS::SQS::Queue', 'Reports', {});
  await aws.up('AWS::SNS::Subscription', 'Reporting', {
    TopicArn: topic.ref,
    Protocol: 'sqs',
    Endpoint: queue.attributes?.['Arn'],
    RawMessageDelivery: true,
    FilterPolicyScope: 'MessageBody',
    FilterPolicy: { eventType: ['Bounce', 'Complaint'] },
  });
  const set = await aws.up('AWS::SES::ConfigurationSet', 'Set', { Name: 'shop' });
  const destination = {
    ConfigurationSetName: set.ref,
    EventDestination: {
      Enabled: true,
      MatchingEventTypes: ['bounce', 'complaint'],
      SnsDestination: { TopicARN: topic.ref },
    },
  };
  await aws.up('AWS::SES::ConfigurationSetEventDestination', 'Destination', destination);
  await aws.update('AWS::SES::ConfigurationSetEventDestination', 'Destination', destination);
  const ses = new SESClient(aws.clientConfig);
  const sendTo = (address: string) =>
    ses.send(
      new SendEmailCommand({
        Source: sender.ref,
        Destination: { ToAddresses: [address] },
        Message: { Subject: { Data: 'x' }, Body: { Text: { Data: 'x' } } },
        ConfigurationSetName: set.ref,
        Tags: [{ Name: 'user', Value: '1' }],
      }),
    );
  const sent = ['success@simulator.amazonses.com', 'bounce+1@simulator.amazonses.com'];
  for (const address of sent) await sendTo(address);
  expect((await bodiesIn(queue.ref)).map((body) => JSON.parse(body ?? '') as unknown)).toEqual([
    expect.objectContaining({
      eventType: 'Bounce',
      bounce: expect.objectContaining({ bounceType: 'Permanent', bounceSubType: 'General' }),
      mail: expect.objectContaining({
        destination: ['bounce+1@simulator.amazonses.com'],
        tags: { user: ['1'], 'ses:configuration-set': ['shop'] },
      }),
    }),
  ]);
  await set.remove?.();
  await expect(sendTo('ann@example.org')).rejects.toMatchObject({
    message: 'Configuration set <shop> does not exist.',
  });
  ses.destroy();
});

test('an address subscribes to a topic without effect', async () => {
  const topic = await aws.up('AWS::SNS::Topic', 'Alarms', {});
  const properties = { TopicArn: topic.ref, Protocol: 'email', Endpoint: 'ann@example.org' };
  await aws.up('AWS::SNS::Subscription', 'Mailed', properties);
  await aws.update('AWS::SNS::Subscription', 'Mailed', properties);
  const sns = new SNSClient(aws.clientConfig);
  const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic.ref }));
  expect(Subscriptions ?? []).toEqual([]);
  sns.destroy();
});

test.each([
  ['AWS::S3::Bucket', { WebsiteConfiguration: {} }, 'Properties.WebsiteConfiguration is not supported'],
  [
    'AWS::S3::Bucket',
    { NotificationConfiguration: { LambdaConfigurations: [] } },
    'Properties.NotificationConfiguration.LambdaConfigurations is not supported',
  ],
  [
    'Custom::S3BucketNotifications',
    { BucketName: 'b', NotificationConfiguration: { LambdaFunctionConfigurations: [] } },
    'Properties.NotificationConfiguration.LambdaFunctionConfigurations is not supported',
  ],
  [
    'AWS::SNS::Subscription',
    { TopicArn: 'a', Protocol: 'https', Endpoint: 'https://example.org' },
    'Properties.Protocol = "https" must match pattern "^(sqs|email)$"',
  ],
  ['AWS::SQS::Queue', { DeduplicationScope: 'messageGroup' }, 'Properties.DeduplicationScope = "messageGroup"'],
])('a property of %s that has no effect here is refused by name: %j', async (type, properties, message) => {
  await expect(aws.up(type, 'Refused', properties)).rejects.toThrow(message);
});
