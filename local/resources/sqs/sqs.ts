import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
  type QueueAttributeName,
} from '@aws-sdk/client-sqs';
import { Type } from 'typebox';
import type { Driver, Identity, QueueStatus, Resource, Runtime } from '../../kernel/driver.ts';
import { accept } from '../../kernel/accept.ts';
import { clientConfig, physicalName } from '../aws.ts';

/** Queues and their policies at the AWS endpoint. */
export const sqs: Driver = {
  types: ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy'],
  up: async (resource, runtime) =>
    resource.type === 'AWS::SQS::Queue' ? upQueue(resource, runtime) : upPolicy(resource, runtime),
};

const number = Type.Optional(Type.Number());
const boolean = Type.Optional(Type.Boolean());
const queueProperties = Type.Object(
  {
    QueueName: Type.Optional(Type.String()),
    DelaySeconds: number,
    MaximumMessageSize: number,
    MessageRetentionPeriod: number,
    ReceiveMessageWaitTimeSeconds: number,
    VisibilityTimeout: number,
    SqsManagedSseEnabled: boolean,
    KmsMasterKeyId: Type.Optional(Type.Unknown()),
    KmsDataKeyReusePeriodSeconds: Type.Optional(Type.Unknown()),
    RedrivePolicy: Type.Optional(Type.Object({ deadLetterTargetArn: Type.String(), maxReceiveCount: Type.Number() })),
    RedriveAllowPolicy: Type.Optional(Type.Object({})),
    FifoQueue: boolean,
    ContentBasedDeduplication: boolean,
    Tags: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

async function upQueue(resource: Resource, runtime: Runtime): Promise<Identity> {
  const properties = accept(resource, queueProperties, resource.properties);
  const client = new SQSClient(clientConfig(runtime));
  const suffix = properties.FifoQueue ? '.fifo' : '';
  const QueueName = properties.QueueName ?? physicalName(resource, undefined, 80 - suffix.length) + suffix;
  const {
    QueueName: _name,
    FifoQueue,
    Tags: _tags,
    KmsMasterKeyId: _key,
    KmsDataKeyReusePeriodSeconds: _period,
    ...settings
  } = properties;
  // Whether it is FIFO is decided at birth; everything else is set afterwards, since a queue may be there already.
  const created = await client.send(
    new CreateQueueCommand({ QueueName, Attributes: FifoQueue ? { FifoQueue: 'true' } : undefined }),
  );
  const url = atEndpoint(created.QueueUrl ?? '', runtime);
  // Set even when absent, so that a queue that had dead letters and has none today stops moving them.
  const RedrivePolicy = settings.RedrivePolicy ?? '';
  await setAttributes(client, url, { ...settings, RedrivePolicy });
  const { QueueArn = '' } = await getAttributes(client, url, ['QueueArn']);

  const dead = settings.RedrivePolicy?.deadLetterTargetArn;
  if (dead !== undefined)
    runtime.status.add('queues', async () => [await queueStatus(client, runtime, QueueName, url, dead)]);
  return { ref: url, attributes: { Arn: QueueArn, QueueName, QueueUrl: url } };
}

/**
 * The queue's URL at the host and port where the endpoint was reached. LocalStack answers one at
 * `localhost.localstack.cloud`, which only public DNS resolves, and which clients would send to.
 */
function atEndpoint(queueUrl: string, { endpointUrl }: Runtime): string {
  return new URL(new URL(queueUrl).pathname, endpointUrl).href;
}

async function setAttributes(client: SQSClient, QueueUrl: string, values: Record<string, unknown>): Promise<void> {
  const Attributes = Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
  await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
}

async function getAttributes(client: SQSClient, QueueUrl: string, AttributeNames: QueueAttributeName[]) {
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return Attributes;
}

const counts: QueueAttributeName[] = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
];

async function queueStatus(
  client: SQSClient,
  runtime: Runtime,
  name: string,
  url: string,
  deadArn: string,
): Promise<QueueStatus> {
  const deadUrl = await client.send(new GetQueueUrlCommand({ QueueName: deadArn.split(':').at(-1) }));
  const [own, dead] = await Promise.all([
    getAttributes(client, url, counts),
    getAttributes(client, atEndpoint(deadUrl.QueueUrl ?? '', runtime), counts),
  ]);
  const sum = (attributes: Record<string, string>, names: readonly string[]) =>
    names.reduce((total, each) => total + Number(attributes[each] ?? 0), 0);
  return {
    name,
    waiting: sum(own, ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesDelayed']),
    inFlight: sum(own, ['ApproximateNumberOfMessagesNotVisible']),
    dead: sum(dead, counts),
  };
}

const policyProperties = Type.Object(
  { PolicyDocument: Type.Object({}), Queues: Type.Array(Type.String()) },
  { additionalProperties: false },
);

async function upPolicy(resource: Resource, runtime: Runtime): Promise<Identity> {
  const { PolicyDocument, Queues } = accept(resource, policyProperties, resource.properties);
  const client = new SQSClient(clientConfig(runtime));
  await Promise.all(Queues.map(async (url) => setAttributes(client, url, { Policy: PolicyDocument })));
  return { ref: resource.logicalId, attributes: { Id: resource.logicalId } };
}
