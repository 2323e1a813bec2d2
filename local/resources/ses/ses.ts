import { SESClient, VerifyDomainIdentityCommand, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import { Type } from 'typebox';
import type { Driver } from '../../kernel/driver.ts';
import { accept } from '../../kernel/accept.ts';
import { clientConfig } from '../aws.ts';

const properties = Type.Object(
  {
    EmailIdentity: Type.String(),
    // About DNS records and feedback, which a mail that never leaves the laptop has no use for.
    ConfigurationSetAttributes: Type.Optional(Type.Unknown()),
    DkimAttributes: Type.Optional(Type.Unknown()),
    DkimSigningAttributes: Type.Optional(Type.Unknown()),
    FeedbackAttributes: Type.Optional(Type.Unknown()),
    MailFromAttributes: Type.Optional(Type.Unknown()),
    Tags: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

/** Addresses and domains that may send mail; here they are verified by being declared. */
export const ses: Driver = {
  types: ['AWS::SES::EmailIdentity'],
  async up(resource, runtime) {
    const { EmailIdentity } = accept(resource, properties, resource.properties);
    const client = new SESClient(clientConfig(runtime));
    if (EmailIdentity.includes('@')) await client.send(new VerifyEmailIdentityCommand({ EmailAddress: EmailIdentity }));
    else await client.send(new VerifyDomainIdentityCommand({ Domain: EmailIdentity }));
    return { ref: EmailIdentity, attributes: { EmailIdentity } };
  },
};
