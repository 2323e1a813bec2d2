import { CreateConfigurationSetCommand, DeleteConfigurationSetCommand, type SESClient } from '@aws-sdk/client-ses';
import { Type } from 'typebox';

import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import { physicalName } from '../physical-name.ts';
import { unless } from './unless.ts';

/** With which mails are sent, so that SES reports what becomes of them. */
export const configurationSet = (client: SESClient) =>
  defineResource('AWS::SES::ConfigurationSet', {
    properties: Type.Object({
      Name: Type.Optional(Type.String()),
      ...ignored(
        'They concern the way of a mail, and a mail does not leave the laptop.',
        'ArchivingOptions DeliveryOptions ReputationOptions SendingOptions SuppressionOptions TrackingOptions VdmOptions',
      ),
      ...ignored('They describe the set.', 'Tags'),
    }),
    replaceOn: ['Name'],
    update: 'up',
    async up(resource) {
      const Name = physicalName(resource, resource.properties.Name, 64);
      await client
        .send(new CreateConfigurationSetCommand({ ConfigurationSet: { Name } }))
        .catch(unless('ConfigurationSetAlreadyExists'));
      return {
        ref: Name,
        attributes: {},
        remove: async () => void (await client.send(new DeleteConfigurationSetCommand({ ConfigurationSetName: Name }))),
      };
    },
  });
