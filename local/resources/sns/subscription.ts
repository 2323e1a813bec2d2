import {
  GetSubscriptionAttributesCommand,
  paginateListSubscriptionsByTopic,
  SetSubscriptionAttributesCommand,
  SubscribeCommand,
  UnsubscribeCommand,
  type SNSClient,
} from '@aws-sdk/client-sns';
import { Type, type Static } from 'typebox';

import { defineResource, type Resource, type Running } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';

const properties = Type.Object({
  TopicArn: Type.String(),
  // A pattern, so that the error for another protocol names this one.
  Protocol: Type.String({ pattern: '^(sqs|email)$' }),
  Endpoint: Type.String(),
  RawMessageDelivery: Type.Boolean({ default: false }),
  FilterPolicy: Type.Object({}, { default: {} }),
  // The default of SNS, so that a scope that leaves the template is reset.
  FilterPolicyScope: Type.String({ default: 'MessageAttributes' }),
  RedrivePolicy: Type.Optional(Type.Object({ deadLetterTargetArn: Type.String() }, closed)),
  ...ignored('All topics of the laptop are at one endpoint.', 'Region'),
});
type Subscription = Resource<Static<typeof properties>>;

/** A queue's subscription to a topic. One that exists is updated. */
export function subscription(client: SNSClient) {
  return defineResource('AWS::SNS::Subscription', {
    properties,
    up,
    async update({ resource, running }, next) {
      const updated = await up(next);
      // CloudFormation replaces a subscription of another topic or queue; the old one would go on to deliver.
      const isAnother = (['TopicArn', 'Endpoint'] as const).some(
        (name) => resource.properties[name] !== next.properties[name],
      );
      if (isAnother) await running.remove?.();
      return updated;
    },
  });

  async function up(resource: Subscription): Promise<Running> {
    const { TopicArn, Protocol, Endpoint, ...attributes } = resource.properties;
    // A person is not told what happens on a laptop.
    if (Protocol === 'email') return { ref: `${TopicArn}:${Endpoint}`, attributes: { Arn: `${TopicArn}:${Endpoint}` } };
    const SubscriptionArn = (await find(TopicArn, Endpoint)) ?? (await subscribe(TopicArn, Protocol, Endpoint));
    // An empty policy resets one that left the template. Where there was none, it would be refused.
    const { RedrivePolicy } = await attributesOf(SubscriptionArn);
    const reset = RedrivePolicy === undefined ? {} : { RedrivePolicy: '' };
    for (const [AttributeName, value] of Object.entries({ ...reset, ...attributes })) {
      const AttributeValue = typeof value === 'string' ? value : JSON.stringify(value);
      await client.send(new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }));
    }
    return {
      ref: SubscriptionArn,
      attributes: { Arn: SubscriptionArn },
      remove: async () => void (await client.send(new UnsubscribeCommand({ SubscriptionArn }))),
    };
  }

  async function subscribe(TopicArn: string, Protocol: string, Endpoint: string): Promise<string> {
    const { SubscriptionArn = '' } = await client.send(
      new SubscribeCommand({ TopicArn, Protocol, Endpoint, ReturnSubscriptionArn: true }),
    );
    return SubscriptionArn;
  }

  async function attributesOf(SubscriptionArn: string): Promise<Record<string, string>> {
    const { Attributes = {} } = await client.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
    return Attributes;
  }

  async function find(TopicArn: string, endpoint: string): Promise<string | undefined> {
    for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client }, { TopicArn })) {
      const found = Subscriptions.find(({ Endpoint }) => Endpoint === endpoint);
      if (found) return found.SubscriptionArn;
    }
    return undefined;
  }
}
