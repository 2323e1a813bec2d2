import { randomUUID } from 'node:crypto';
import { plainAddress, readHeaders } from './addresses.ts';
import { AwsError } from './aws-error.ts';
import type { Inbox, Mail } from './inbox.ts';
import { readJson, writeJson } from './json-file.ts';
import type { createConfigurationSets } from './ses-configuration-sets.ts';
import { members, required, type Form, type SesAction } from './ses-form.ts';
import { escapeXml } from './xml.ts';

/** Messages in 24 hours and per second, of an account in production: https://docs.aws.amazon.com/ses/latest/dg/quotas.html */
const quota = { max24HourSend: 50_000, maxSendRate: 14 };
const maxRecipients = 50;

/**
 * SES's classic API (2010-12-01). Mails go to the inbox instead of the internet; the source must be verified, as on AWS.
 * An action returns its result as XML.
 */
export function createSes(options: {
  identitiesFile: string;
  inbox: Inbox;
  configurationSets: ReturnType<typeof createConfigurationSets>;
  region: string;
}): Readonly<Record<string, SesAction>> {
  const { identitiesFile, inbox, configurationSets, region } = options;
  const identities = new Set(readJson<string[]>(identitiesFile, []));
  const save = () => writeJson(identitiesFile, [...identities]);

  const requireVerified = (source: string) => {
    const address = plainAddress(source);
    const domain = address.slice(address.lastIndexOf('@') + 1);
    if (identities.has(address) || identities.has(domain)) return;
    throw new AwsError(
      'MessageRejected',
      `Email address is not verified. The following identities failed the check in region ${region.toUpperCase()}: ${source}`,
    );
  };

  const send = async (form: Form, mail: Omit<Mail, 'Id' | 'Region' | 'Timestamp'>) => {
    const { ToAddresses, CcAddresses = [], BccAddresses = [] } = mail.Destination;
    const recipients = [...ToAddresses, ...CcAddresses, ...BccAddresses];
    for (const address of [mail.Source, ...recipients]) plainAddress(address);
    if (recipients.length === 0) throw new AwsError('InvalidParameterValue', "Missing required header 'To'.");
    if (recipients.length > maxRecipients)
      throw new AwsError('InvalidParameterValue', `Recipient count exceeds ${maxRecipients}.`);
    requireVerified(mail.Source);
    const set = form['ConfigurationSetName'];
    if (set !== undefined) configurationSets.require(set);
    const id = `${Date.now().toString(16).padStart(16, '0')}-${randomUUID()}-000000`;
    await inbox.add({ Id: id, Region: region, Timestamp: new Date().toISOString(), ...mail });
    if (set !== undefined) configurationSets.report(set, { id, source: mail.Source, recipients, tags: tagsOf(form) });
    return `<MessageId>${id}</MessageId>`;
  };

  return {
    ...configurationSets.actions,
    SendEmail: async (form) =>
      send(form, {
        Source: required(form, 'Source'),
        Destination: {
          ToAddresses: members(form, 'Destination.ToAddresses'),
          ...unlessEmpty('CcAddresses', members(form, 'Destination.CcAddresses')),
          ...unlessEmpty('BccAddresses', members(form, 'Destination.BccAddresses')),
        },
        Subject: required(form, 'Message.Subject.Data'),
        Body: {
          text_part: form['Message.Body.Text.Data'] ?? null,
          html_part: form['Message.Body.Html.Data'] ?? null,
        },
      }),
    SendRawEmail: async (form) => {
      const raw = Buffer.from(required(form, 'RawMessage.Data'), 'base64').toString();
      const { from = '', to, cc, bcc, subject } = await readHeaders(raw);
      const listed = members(form, 'Destinations');
      return send(form, {
        Source: form['Source'] ?? from,
        Destination:
          listed.length > 0
            ? { ToAddresses: listed }
            : { ToAddresses: to, ...unlessEmpty('CcAddresses', cc), ...unlessEmpty('BccAddresses', bcc) },
        Subject: subject,
        RawData: raw,
      });
    },
    VerifyEmailIdentity: (form) => {
      const address = required(form, 'EmailAddress');
      identities.add(plainAddress(address));
      save();
      return '';
    },
    VerifyDomainIdentity: (form) => {
      identities.add(required(form, 'Domain').toLowerCase());
      save();
      return `<VerificationToken>${Buffer.from(required(form, 'Domain')).toString('base64')}</VerificationToken>`;
    },
    DeleteIdentity: (form) => {
      identities.delete(required(form, 'Identity').toLowerCase());
      save();
      return '';
    },
    ListIdentities: (form) => {
      const wanted = [...identities].filter((identity) => {
        const isAddress = identity.includes('@');
        return form['IdentityType'] === undefined || isAddress === (form['IdentityType'] === 'EmailAddress');
      });
      return `<Identities>${wanted.map((identity) => `<member>${escapeXml(identity)}</member>`).join('')}</Identities>`;
    },
    GetIdentityVerificationAttributes: (form) => {
      const entries = members(form, 'Identities').filter((identity) => identities.has(identity.toLowerCase()));
      const xml = entries.map(
        (identity) =>
          `<entry><key>${escapeXml(identity)}</key><value><VerificationStatus>Success</VerificationStatus></value></entry>`,
      );
      return `<VerificationAttributes>${xml.join('')}</VerificationAttributes>`;
    },
    GetSendQuota: async () => {
      const dayAgo = new Date(Date.now() - 86_400_000).toISOString();
      const sent = (await inbox.list()).filter((mail) => mail.Timestamp > dayAgo).length;
      return (
        `<SentLast24Hours>${sent}</SentLast24Hours><Max24HourSend>${quota.max24HourSend}</Max24HourSend>` +
        `<MaxSendRate>${quota.maxSendRate}</MaxSendRate>`
      );
    },
  };
}

/** The tags of a mail by their names. */
function tagsOf(form: Form): Record<string, string[]> {
  const tags: Record<string, string[]> = {};
  for (let index = 1; form[`Tags.member.${index}.Name`] !== undefined; index++)
    tags[required(form, `Tags.member.${index}.Name`)] = [required(form, `Tags.member.${index}.Value`)];
  return tags;
}

const unlessEmpty = (field: string, list: string[]) => (list.length > 0 ? { [field]: list } : {});
