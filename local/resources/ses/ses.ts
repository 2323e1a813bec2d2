import {
  DeleteIdentityCommand,
  SESClient,
  VerifyDomainIdentityCommand,
  VerifyEmailIdentityCommand,
} from '@aws-sdk/client-ses';
import { Type } from 'typebox';

import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import { clientConfig, type AwsHost } from '../aws.ts';
import { configurationSet } from './configuration-set.ts';
import { eventDestination } from './event-destination.ts';

/** Addresses and domains that may send mail, and what is reported of the mails. To declare an address is to verify it. */
export function ses(host: AwsHost) {
  const client = new SESClient(clientConfig(host));
  const emailIdentity = defineResource('AWS::SES::EmailIdentity', {
    properties: Type.Object({
      EmailIdentity: Type.String(),
      ...ignored(
        'They concern DNS records and feedback, and a mail does not leave the laptop.',
        'ConfigurationSetAttributes DkimAttributes DkimSigningAttributes FeedbackAttributes MailFromAttributes',
      ),
      ...ignored('They describe the identity.', 'Tags'),
    }),
    replaceOn: ['EmailIdentity'],
    update: 'up',
    async up({ properties: { EmailIdentity } }) {
      if (EmailIdentity.includes('@'))
        await client.send(new VerifyEmailIdentityCommand({ EmailAddress: EmailIdentity }));
      else await client.send(new VerifyDomainIdentityCommand({ Domain: EmailIdentity }));
      return {
        ref: EmailIdentity,
        attributes: { EmailIdentity },
        remove: async () => void (await client.send(new DeleteIdentityCommand({ Identity: EmailIdentity }))),
      };
    },
  });
  return { definitions: [emailIdentity, configurationSet(client), eventDestination(client)] };
}
