import {
  CreateTopicCommand,
  paginateListSubscriptionsByTopic,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { Type } from 'typebox';
import type { Driver, Identity, Resource } from '../../kernel/driver.ts';
import { accept } from '../../kernel/accept.ts';
import { clientConfig, physicalName } from '../aws.ts';

/** Topics, who subscribes to them, and their policies at the AWS endpoint. */
export const sns: Driver = {
  types: ['AWS::SNS::Topic', 'AWS::SNS::Subscription', 'AWS::SNS::TopicPolicy'],
  up(resource, runtime) {
    const client = new SNSClient(clientConfig(runtime));
    if (resource.type === 'AWS::SNS::Topic') return upTopic(resource, client);
    return resource.type === 'AWS::SNS::Subscription' ? upSubscription(resource, client) : upPolicy(resource, client);
  },
};

const text = Type.Optional(Type.String());
const boolean = Type.Optional(Type.Boolean());
const topicProperties = Type.Object(
  {
    TopicName: text,
    DisplayName: text,
    FifoTopic: boolean,
    ContentBasedDeduplication: boolean,
    KmsMasterKeyId: Type.Optional(Type.Unknown()),
    SignatureVersion: Type.Optional(Type.Unknown()),
    TracingConfig: Type.Optional(Type.Unknown()),
    Tags: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

async function upTopic(resource: Resource, client: SNSClient): Promise<Identity> {
  const { TopicName, DisplayName, FifoTopic, ContentBasedDeduplication } = accept(
    resource,
    topicProperties,
    resource.properties,
  );
  const suffix = FifoTopic ? '.fifo' : '';
  const Name = TopicName ?? physicalName(resource, undefined, 256 - suffix.length) + suffix;
  const Attributes = FifoTopic ? { FifoTopic: 'true' } : undefined;
  const { TopicArn = '' } = await client.send(new CreateTopicCommand({ Name, Attributes }));
  for (const [AttributeName, value] of Object.entries({ DisplayName, ContentBasedDeduplication })) {
    if (value === undefined) continue;
    await client.send(new SetTopicAttributesCommand({ TopicArn, AttributeName, AttributeValue: String(value) }));
  }
  return { ref: TopicArn, attributes: { TopicArn, TopicName: Name } };
}

const subscriptionProperties = Type.Object(
  {
    TopicArn: Type.String(),
    Protocol: Type.Literal('sqs'),
    Endpoint: Type.String(),
    RawMessageDelivery: Type.Boolean({ default: false }),
    FilterPolicy: Type.Object({}, { default: {} }),
    FilterPolicyScope: text,
    RedrivePolicy: Type.Optional(Type.Object({})),
  },
  { additionalProperties: false },
);

/** A queue's subscription; one that is there already is brought to what the template says today. */
async function upSubscription(resource: Resource, client: SNSClient): Promise<Identity> {
  const { TopicArn, Protocol, Endpoint, ...attributes } = accept(resource, subscriptionProperties, resource.properties);
  let arn = await findSubscription(client, TopicArn, Endpoint);
  if (arn === undefined) {
    const made = await client.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint, ReturnSubscriptionArn: true }));
    arn = made.SubscriptionArn ?? '';
  }
  for (const [AttributeName, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const AttributeValue = typeof value === 'string' ? value : JSON.stringify(value);
    await client.send(new SetSubscriptionAttributesCommand({ SubscriptionArn: arn, AttributeName, AttributeValue }));
  }
  return { ref: arn, attributes: { Arn: arn } };
}

async function findSubscription(client: SNSClient, TopicArn: string, endpoint: string): Promise<string | undefined> {
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client }, { TopicArn })) {
    const found = Subscriptions.find(({ Endpoint }) => Endpoint === endpoint);
    if (found) return found.SubscriptionArn;
  }
  return undefined;
}

const policyProperties = Type.Object(
  { PolicyDocument: Type.Object({}), Topics: Type.Array(Type.String()) },
  { additionalProperties: false },
);

async function upPolicy(resource: Resource, client: SNSClient): Promise<Identity> {
  const { PolicyDocument, Topics } = accept(resource, policyProperties, resource.properties);
  const AttributeValue = JSON.stringify(PolicyDocument);
  await Promise.all(
    Topics.map(async (TopicArn) =>
      client.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: 'Policy', AttributeValue })),
    ),
  );
  return { ref: resource.logicalId, attributes: { Id: resource.logicalId } };
}
