import { Duration } from 'aws-cdk-lib/core';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Cluster, ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { describe, test } from '@jest/globals';

import { queueCapability } from '../../../lib/capabilities/queue.ts';
import { EventBus } from '../../../lib/constructs/event-bus.ts';
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
    environment: 'dev',
    name: 'mailer',
    image: ContainerImage.fromRegistry('mailer'),
    logGroup: new LogGroup(stack, 'MailerLogs'),
    queue,
    tasks: environment().tasks,
  });
  queueCapability(new Map([['mailer', queue]])).bind(worker, { kind: 'worker', name: 'mailer' });
  const template = Template.fromStack(stack);

  test('a message is kept for 14 days, and is dead after 100 receives, which an outage does not reach', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'mailer',
      ReceiveMessageWaitTimeSeconds: 20,
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { maxReceiveCount: 100, deadLetterTargetArn: Match.anyValue() },
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'mailer-dead',
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      SqsManagedSseEnabled: true,
    });
  });

  test('both queues and the topic refuse requests without TLS', () => {
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

  test('the queue receives events of its types only, without the SNS envelope', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'sqs',
      RawMessageDelivery: true,
      FilterPolicy: { type: ['payment.succeeded'] },
    });
  });

  test('an event that cannot be delivered goes to the dead-letter queue, to which the topic may send', () => {
    const deadLetterArn = { 'Fn::GetAtt': [Match.stringLikeRegexp('QueueDeadLetters'), 'Arn'] };
    template.hasResourceProperties('AWS::SNS::Subscription', { RedrivePolicy: { deadLetterTargetArn: deadLetterArn } });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sqs:SendMessage',
            Principal: { Service: 'sns.amazonaws.com' },
            Resource: deadLetterArn,
            Condition: { ArnEquals: { 'aws:SourceArn': { Ref: Match.stringLikeRegexp('EventsTopic') } } },
          }),
        ]),
      },
    });
  });

  test('the worker may send to its dead-letter queue', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: Match.arrayWith(['sqs:SendMessage']),
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('QueueDeadLetters'), 'Arn'] },
          }),
        ]),
      },
    });
  });

  test('the worker gets the visibility timeout of its queue as a variable', () => {
    template.hasResourceProperties('AWS::SQS::Queue', { QueueName: 'mailer', VisibilityTimeout: 120 });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        Match.objectLike({
          Environment: Match.arrayWith([{ Name: 'QUEUE_VISIBILITY_SECONDS', Value: '120' }]),
        }),
      ],
    });
  });

  test('the worker scales on the messages waiting per running task', () => {
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
