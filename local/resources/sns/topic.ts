import { CreateTopicCommand, SetTopicAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';
import { Type } from 'typebox';

import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import { physicalName } from '../physical-name.ts';

export const topic = (client: SNSClient) =>
  defineResource('AWS::SNS::Topic', {
    properties: Type.Object({
      TopicName: Type.Optional(Type.String()),
      DisplayName: Type.Optional(Type.String()),
      FifoTopic: Type.Boolean({ default: false }),
      ContentBasedDeduplication: Type.Optional(Type.Boolean()),
      ...ignored('The endpoint does not encrypt.', 'KmsMasterKeyId'),
      ...ignored('Only HTTP endpoints check the signature, and only queues can subscribe here.', 'SignatureVersion'),
      ...ignored('The laptop has no X-Ray and no CloudWatch.', 'DeliveryStatusLogging TracingConfig'),
      ...ignored('The laptop has no throughput quota.', 'FifoThroughputScope'),
      ...ignored('They describe the topic.', 'Tags'),
    }),
    replaceOn: ['FifoTopic', 'TopicName'],
    update: 'up',
    async up(resource) {
      const { TopicName, DisplayName, FifoTopic, ContentBasedDeduplication } = resource.properties;
      // The name of a FIFO topic ends in `.fifo`, and no name is longer than 256 characters.
      const suffix = FifoTopic ? '.fifo' : '';
      const Name = TopicName ?? physicalName(resource, undefined, 256 - suffix.length) + suffix;
      const Attributes = FifoTopic ? { FifoTopic: 'true' } : undefined;
      const { TopicArn = '' } = await client.send(new CreateTopicCommand({ Name, Attributes }));
      for (const [AttributeName, value] of Object.entries({ DisplayName, ContentBasedDeduplication })) {
        if (value === undefined) continue;
        await client.send(new SetTopicAttributesCommand({ TopicArn, AttributeName, AttributeValue: String(value) }));
      }
      return { ref: TopicArn, attributes: { TopicArn, TopicName: Name } };
    },
  });
