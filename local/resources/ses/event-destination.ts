import {
  CreateConfigurationSetEventDestinationCommand,
  DeleteConfigurationSetEventDestinationCommand,
  type EventType,
  type SESClient,
} from '@aws-sdk/client-ses';
import { Type } from 'typebox';

import { defineResource } from '../../kernel/resource.ts';
import { closed } from '../../kernel/schema.ts';
import { physicalName } from '../physical-name.ts';
import { unless } from './unless.ts';

/** The topic to which SES reports what becomes of a configuration set's mails. */
export const eventDestination = (client: SESClient) =>
  defineResource('AWS::SES::ConfigurationSetEventDestination', {
    properties: Type.Object({
      ConfigurationSetName: Type.String(),
      EventDestination: Type.Object(
        {
          Name: Type.Optional(Type.String()),
          Enabled: Type.Boolean({ default: false }),
          // A pattern, so that the error for another event names these: the endpoint reports no other.
          MatchingEventTypes: Type.Array(Type.String({ pattern: '^(bounce|complaint)$' })),
          SnsDestination: Type.Object({ TopicARN: Type.String() }, closed),
        },
        closed,
      ),
    }),
    replaceOn: ['ConfigurationSetName'],
    update: 'up',
    async up(resource) {
      const { ConfigurationSetName, EventDestination: declared } = resource.properties;
      const Name = physicalName(resource, declared.Name, 64);
      const remove = async () =>
        void (await client.send(
          new DeleteConfigurationSetEventDestinationCommand({ ConfigurationSetName, EventDestinationName: Name }),
        ));
      const input = {
        ConfigurationSetName,
        EventDestination: {
          Name,
          Enabled: declared.Enabled,
          MatchingEventTypes: declared.MatchingEventTypes as EventType[],
          SNSDestination: declared.SnsDestination,
        },
      };
      // Not updated: LocalStack cannot. MiniStack has no event destinations, so nothing is reported there.
      await remove().catch(unless('EventDestinationDoesNotExist', 'InvalidAction'));
      await client.send(new CreateConfigurationSetEventDestinationCommand(input)).catch(unless('InvalidAction'));
      return {
        ref: Name,
        attributes: { Id: Name },
        remove,
      };
    },
  });
