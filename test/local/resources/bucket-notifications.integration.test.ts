import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GetBucketNotificationConfigurationCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createAwsResources, type AwsResources } from './aws.ts';

let aws: AwsResources;
let s3: S3Client;
let sqs: SQSClient;
beforeAll(async () => {
  aws = await createAwsResources();
  s3 = new S3Client(aws.clientConfig);
  sqs = new SQSClient(aws.clientConfig);
});
afterAll(async () => {
  s3.destroy();
  sqs.destroy();
  await aws.dispose();
});

interface Message {
  readonly Event?: string;
  readonly Records?: { s3: { object: { key: string } } }[];
}

const upload = async (Bucket: string, Key: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));

/** The embedded endpoint delivers an event before it responds to the upload, LocalStack afterwards. */
const WaitTimeSeconds = process.env['AWS_ENDPOINT_URL'] === undefined ? 0 : 1;

/** The keys in the events that arrive in a queue, and `test` for a test event. */
async function received({ ref: QueueUrl }: { ref: string }): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds }));
    if (Messages.length === 0) return found;
    for (const { Body = '', ReceiptHandle } of Messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      const { Event, Records = [] } = JSON.parse(Body) as Message;
      found.push(...(Event === undefined ? Records.map((record) => record.s3.object.key) : ['test']));
    }
  }
}

/** The properties that `bucket.addEventNotification` synthesizes. */
const custom = (BucketName: string, QueueArn: string | undefined, prefix: string, more: object = {}) => ({
  ServiceToken: 'BucketNotificationsHandler',
  BucketName,
  NotificationConfiguration: {
    QueueConfigurations: [
      {
        Events: ['s3:ObjectCreated:*'],
        Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: prefix }] } },
        QueueArn,
      },
    ],
  },
  Managed: true,
  SkipDestinationValidation: false,
  ...more,
});

test("the notifications of a bucket's template reach their queue, and are not set again at the next start", async () => {
  const queue = await aws.up('AWS::SQS::Queue', 'Images', {});
  const properties = {
    NotificationConfiguration: {
      QueueConfigurations: [
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'suffix', Value: '.png' }] } },
          Queue: queue.attributes?.['Arn'],
        },
      ],
    },
  };
  const { ref: bucket } = await aws.up('AWS::S3::Bucket', 'ImagesBucket', properties);
  await upload(bucket, 'a.png');
  await upload(bucket, 'a.txt');
  expect(await received(queue)).toEqual(['test', 'a.png']);
  await aws.up('AWS::S3::Bucket', 'ImagesBucket', properties);
  expect(await received(queue)).toEqual([]);
  await aws.update('AWS::S3::Bucket', 'ImagesBucket', {});
  await upload(bucket, 'b.png');
  expect(await received(queue)).toEqual([]);
});

test("a bucket's topic notifications reach the topic's subscribers", async () => {
  const topic = await aws.up('AWS::SNS::Topic', 'Uploaded', {});
  const queue = await aws.up('AWS::SQS::Queue', 'Listener', {});
  await aws.up('AWS::SNS::Subscription', 'Listening', {
    TopicArn: topic.ref,
    Protocol: 'sqs',
    Endpoint: queue.attributes?.['Arn'],
    RawMessageDelivery: true,
  });
  const { ref: bucket } = await aws.up('AWS::S3::Bucket', 'TopicBucket', {
    NotificationConfiguration: { TopicConfigurations: [{ Event: 's3:ObjectCreated:Put', Topic: topic.ref }] },
  });
  await upload(bucket, 'a');
  expect(await received(queue)).toEqual(['test', 'a']);
});

test("CDK's custom resource sets notifications, changes them and removes them", async () => {
  const type = 'Custom::S3BucketNotifications';
  const queue = await aws.up('AWS::SQS::Queue', 'Reports', {});
  const arn = queue.attributes?.['Arn'];
  const { ref: bucket } = await aws.up('AWS::S3::Bucket', 'ReportsBucket', {});
  await aws.up(type, 'Notifications', custom(bucket, arn, 'in/'));
  // The bucket itself comes up again at each start, and leaves them as they are.
  await aws.up('AWS::S3::Bucket', 'ReportsBucket', {});
  await upload(bucket, 'in/a');
  expect(await received(queue)).toEqual(['test', 'in/a']);

  const changed = await aws.update(type, 'Notifications', custom(bucket, arn, 'out/'));
  await upload(bucket, 'in/b');
  await upload(bucket, 'out/b');
  expect(await received(queue)).toEqual(['test', 'out/b']);

  await changed.remove?.();
  await upload(bucket, 'out/c');
  expect(await received(queue)).toEqual([]);
});

test("CDK's custom resource keeps the notifications of others on a bucket of another stack", async () => {
  const type = 'Custom::S3BucketNotifications';
  const queue = await aws.up('AWS::SQS::Queue', 'Shared', {});
  const arn = queue.attributes?.['Arn'];
  const { ref: bucket } = await aws.up('AWS::S3::Bucket', 'SharedBucket', {});
  await aws.up(type, 'Owner', custom(bucket, arn, 'owner/'));
  const skip = { Managed: 'false', SkipDestinationValidation: 'true' };
  const guest = await aws.up(type, 'Guest', custom(bucket, arn, 'guest/', skip));
  await upload(bucket, 'owner/a');
  await upload(bucket, 'guest/a');
  expect(await received(queue)).toEqual(['test', 'owner/a', 'guest/a']);
  await guest.remove?.();
  const { QueueConfigurations } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
  expect(QueueConfigurations).toHaveLength(1);
});
