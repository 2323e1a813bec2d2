import { parse } from '@aws-sdk/util-arn-parser';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  type QueueAttributeName,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { Type, type Static } from 'typebox';

import { defineResource, type Resource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import type { QueueStatus, StatusSections } from '../../status.ts';
import { physicalName } from '../physical-name.ts';

const number = Type.Optional(Type.Number());
const boolean = Type.Optional(Type.Boolean());
/** Defaults are those of SQS; with them, a property that leaves the template is reset on a queue that exists. */
const properties = Type.Object({
  QueueName: Type.Optional(Type.String()),
  DelaySeconds: Type.Number({ default: 0 }),
  MaximumMessageSize: number,
  MessageRetentionPeriod: Type.Number({ default: 345_600 }),
  ReceiveMessageWaitTimeSeconds: Type.Number({ default: 0 }),
  VisibilityTimeout: Type.Number({ default: 30 }),
  RedrivePolicy: Type.Optional(
    Type.Object({ deadLetterTargetArn: Type.String(), maxReceiveCount: Type.Number() }, closed),
  ),
  RedriveAllowPolicy: Type.Optional(Type.Object({})),
  FifoQueue: boolean,
  ContentBasedDeduplication: boolean,
  // The embedded endpoint deduplicates over the whole queue.
  DeduplicationScope: Type.Optional(Type.Literal('queue')),
  ...ignored('The endpoint does not encrypt.', 'KmsDataKeyReusePeriodSeconds KmsMasterKeyId SqsManagedSseEnabled'),
  ...ignored('The laptop has no throughput quota.', 'FifoThroughputLimit'),
  ...ignored('They describe the queue.', 'Tags'),
});

const counts: QueueAttributeName[] = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
];

export function queue(client: SQSClient, endpointUrl: string) {
  /** The dead-letter queue's ARN by that of its queue. */
  const deadLetterQueues = new Map<string, string>();

  return defineResource('AWS::SQS::Queue', {
    properties,
    replaceOn: ['FifoQueue', 'QueueName'],
    update: 'up',
    // Only queues with actions are named.
    label: (resource) => (resource.properties.RedrivePolicy ? queueName(resource) : undefined),
    async up(resource) {
      const QueueName = queueName(resource);
      const { QueueName: _name, FifoQueue, DeduplicationScope: _scope, ...settings } = resource.properties;
      // A queue that exists keeps its attributes, and creating it with others is an error; so they are set afterwards.
      const created = await client.send(
        new CreateQueueCommand({ QueueName, Attributes: FifoQueue ? { FifoQueue: 'true' } : undefined }),
      );
      const url = atEndpoint(created.QueueUrl);
      // An empty policy stops a queue that had one from moving messages.
      await setAttributes(url, { ...settings, RedrivePolicy: settings.RedrivePolicy ?? '' });
      const { QueueArn = '' } = await getAttributes(url, ['QueueArn']);

      const deadArn = settings.RedrivePolicy?.deadLetterTargetArn;
      if (deadArn === undefined) deadLetterQueues.delete(QueueArn);
      else deadLetterQueues.set(QueueArn, deadArn);
      return {
        ref: url,
        attributes: { Arn: QueueArn, QueueName, QueueUrl: url },
        async describe(): Promise<Partial<StatusSections>> {
          if ([...deadLetterQueues.values()].includes(QueueArn)) return {};
          return { queues: [await statusOf(QueueName, url, deadArn)] };
        },
        stop: async () => void deadLetterQueues.delete(QueueArn),
      };
    },
  });

  /**
   * The URL at the host and port of the endpoint. LocalStack returns one at `localhost.localstack.cloud`, to which clients
   * would send, and which only a public name server resolves.
   */
  function atEndpoint(queueUrl = ''): string {
    return new URL(new URL(queueUrl).pathname, endpointUrl).href;
  }

  async function setAttributes(QueueUrl: string, values: Record<string, unknown>): Promise<void> {
    const Attributes = Object.fromEntries(
      Object.entries(values)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    );
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }

  async function getAttributes(QueueUrl: string, AttributeNames: QueueAttributeName[]) {
    const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return Attributes;
  }

  async function statusOf(name: string, url: string, deadArn: string | undefined): Promise<QueueStatus> {
    const [own, dead] = await Promise.all([
      getAttributes(url, counts),
      deadArn === undefined ? {} : getAttributes(await urlOf(deadArn), counts),
    ]);
    return {
      name,
      waiting: sum(own, ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesDelayed']),
      inFlight: sum(own, ['ApproximateNumberOfMessagesNotVisible']),
      dead: sum(dead, counts),
    };
  }

  async function urlOf(arn: string): Promise<string> {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: parse(arn).resource }));
    return atEndpoint(QueueUrl);
  }
}

/** The name of a FIFO queue ends in `.fifo`, and no name is longer than 80 characters. */
function queueName(resource: Resource<Static<typeof properties>>): string {
  const suffix = resource.properties.FifoQueue ? '.fifo' : '';
  return resource.properties.QueueName ?? physicalName(resource, undefined, 80 - suffix.length) + suffix;
}

const sum = (attributes: Readonly<Record<string, string>>, names: readonly string[]): number =>
  names.reduce((total, name) => total + Number(attributes[name] ?? 0), 0);
