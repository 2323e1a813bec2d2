import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Cluster, ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, test } from '@jest/globals';

import { EventBus } from '../../../lib/constructs/event-bus.ts';
import { Postgres } from '../../../lib/constructs/postgres.ts';
import { RedisCache } from '../../../lib/constructs/redis-cache.ts';
import { UploadsBucket } from '../../../lib/constructs/uploads-bucket.ts';
import { WorkQueue } from '../../../lib/constructs/work-queue.ts';
import { WorkerService } from '../../../lib/constructs/worker-service.ts';
import { emptyStack, environment, vpcIn } from '../stack.ts';

describe('a queue and its worker', () => {
  const stack = emptyStack();
  const vpc = vpcIn(stack);
  const queue = new WorkQueue(stack, 'Queue', { queueName: 'mailer', visibilityTimeout: Duration.minutes(2) });
  new EventBus(stack, 'Events', { topicName: 'events' }).deliver(['payment.succeeded'], queue);
  const worker = new WorkerService(stack, 'mailer', {
    cluster: new Cluster(stack, 'Cluster', { vpc }),
    name: 'mailer',
    image: ContainerImage.fromRegistry('mailer'),
    logGroup: new LogGroup(stack, 'MailerLogs'),
    queue,
    tasks: environment().tasks,
  });
  queue.feed(worker);
  const template = Template.fromStack(stack);

  test('what fails five times is kept for 14 days', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'mailer',
      ReceiveMessageWaitTimeSeconds: 20,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { maxReceiveCount: 5, deadLetterTargetArn: Match.anyValue() },
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'mailer-dead',
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      SqsManagedSseEnabled: true,
    });
  });

  test('both queues and the topic refuse what does not come over TLS', () => {
    const refusal = {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    };
    template.resourcePropertiesCountIs('AWS::SQS::QueuePolicy', refusal, 2);
    template.resourcePropertiesCountIs('AWS::SNS::TopicPolicy', refusal, 1);
  });

  test('events arrive as they were published, and only those wanted', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'sqs',
      RawMessageDelivery: true,
      FilterPolicy: { type: ['payment.succeeded'] },
    });
  });

  test('the worker is told how long the queue hides a message that it works on', () => {
    template.hasResourceProperties('AWS::SQS::Queue', { QueueName: 'mailer', VisibilityTimeout: 120 });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        Match.objectLike({
          Environment: Match.arrayWith([{ Name: 'QUEUE_VISIBILITY_SECONDS', Value: '120' }]),
        }),
      ],
    });
  });

  test('the worker scales on messages waiting per running task', () => {
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 100,
        CustomizedMetricSpecification: {
          Metrics: Match.arrayWith([Match.objectLike({ Expression: 'waiting / running' })]),
        },
      },
    });
  });
});

describe('what holds data', () => {
  const stack = emptyStack();
  const vpc = vpcIn(stack);
  const { database, redis } = environment({ database: { multiAz: true, replicas: 2 }, redis: { multiAz: true } });
  new Postgres(stack, 'Postgres', { ...database, vpc, roles: ['orders'] });
  new RedisCache(stack, 'Redis', { ...redis, vpc });
  new UploadsBucket(stack, 'Uploads', { accessLogs: new Bucket(stack, 'Logs'), origins: ['https://shop.example.com'] });
  const template = Template.fromStack(stack);

  test('the database is encrypted, backed up, watched, grows, and refuses to be deleted', () => {
    template.hasResource('AWS::RDS::DBInstance', {
      DeletionPolicy: 'Snapshot',
      Properties: Match.objectLike({
        Engine: 'postgres',
        EngineVersion: '17',
        MultiAZ: true,
        StorageEncrypted: true,
        StorageType: 'gp3',
        MaxAllocatedStorage: 200,
        BackupRetentionPeriod: 7,
        DeletionProtection: true,
        EnablePerformanceInsights: true,
        PubliclyAccessible: false,
      }),
    });
    template.resourcePropertiesCountIs('AWS::RDS::DBInstance', { SourceDBInstanceIdentifier: Match.anyValue() }, 2);
  });

  test('the database takes connections over TLS only', () => {
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Family: 'postgres17',
      Parameters: Match.objectLike({ 'rds.force_ssl': '1' }),
    });
  });

  test('a database role has a password that nobody chose', () => {
    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      Description: 'Database role orders',
      GenerateSecretString: Match.objectLike({
        GenerateStringKey: 'password',
        SecretStringTemplate: '{"username":"orders"}',
      }),
    });
  });

  test('Redis is encrypted both ways, asks for a token and fails over', () => {
    template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
      TransitEncryptionEnabled: true,
      TransitEncryptionMode: 'required',
      AtRestEncryptionEnabled: true,
      AuthToken: Match.anyValue(),
      NumCacheClusters: 2,
      AutomaticFailoverEnabled: true,
      MultiAZEnabled: true,
    });
  });

  test('uploads are private, versioned, cleared of what is left over, and come from the pages named', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: [Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } })],
        },
        CorsConfiguration: {
          CorsRules: [Match.objectLike({ AllowedOrigins: ['https://shop.example.com'], AllowedMethods: ['POST'] })],
        },
      }),
    });
  });
});
