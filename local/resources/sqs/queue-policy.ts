import { SetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Type } from 'typebox';

import { defineResource } from '../../kernel/resource.ts';

export const queuePolicy = (client: SQSClient) =>
  defineResource('AWS::SQS::QueuePolicy', {
    properties: Type.Object({ PolicyDocument: Type.Object({}), Queues: Type.Array(Type.String()) }),
    update: 'up',
    async up({ logicalId, properties: { PolicyDocument, Queues } }) {
      const Attributes = { Policy: JSON.stringify(PolicyDocument) };
      await Promise.all(
        Queues.map(async (QueueUrl) => client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }))),
      );
      return { ref: logicalId, attributes: { Id: logicalId } };
    },
  });
