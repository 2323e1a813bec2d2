import { SetTopicAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';
import { Type } from 'typebox';

import { defineResource } from '../../kernel/resource.ts';

export const topicPolicy = (client: SNSClient) =>
  defineResource('AWS::SNS::TopicPolicy', {
    properties: Type.Object({ PolicyDocument: Type.Object({}), Topics: Type.Array(Type.String()) }),
    update: 'up',
    async up({ logicalId, properties: { PolicyDocument, Topics } }) {
      const AttributeValue = JSON.stringify(PolicyDocument);
      await Promise.all(
        Topics.map(async (TopicArn) =>
          client.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: 'Policy', AttributeValue })),
        ),
      );
      return { ref: logicalId, attributes: { Id: logicalId } };
    },
  });
