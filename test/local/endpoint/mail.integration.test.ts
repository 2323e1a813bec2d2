import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  GetIdentityVerificationAttributesCommand,
  GetSendQuotaCommand,
  ListIdentitiesCommand,
  SendEmailCommand,
  SendRawEmailCommand,
  SESClient,
  VerifyDomainIdentityCommand,
  VerifyEmailIdentityCommand,
} from '@aws-sdk/client-ses';
import type { Mail } from '../../../local/endpoint/inbox.ts';
import { startTestEndpoint, type TestEndpoint } from '../../support/endpoint.ts';

let endpoint: TestEndpoint;
let ses: SESClient;
beforeAll(async () => {
  endpoint = await startTestEndpoint();
  ses = new SESClient(endpoint.clientConfig);
  await ses.send(new VerifyEmailIdentityCommand({ EmailAddress: 'Shop@example.com' }));
});
afterAll(async () => {
  ses.destroy();
  await endpoint.stop();
});

const inbox = async (query = ''): Promise<Mail[]> => {
  const response = (await (await fetch(`${endpoint.url}/_aws/ses${query}`)).json()) as { messages: Mail[] };
  return response.messages;
};
const send = async (Source: string, ToAddresses: string[], subject = 'Hello') =>
  ses.send(
    new SendEmailCommand({
      Source,
      Destination: { ToAddresses },
      Message: {
        Subject: { Data: subject },
        Body: { Text: { Data: 'Grüße & <tags>' }, Html: { Data: '<p>Hello</p>' } },
      },
    }),
  );

test('a mail from a verified address is listed in the inbox, also after a restart', async () => {
  const { MessageId } = await send('The shop <shop@example.com>', ['ann@example.org', 'bob@example.org'], 'Your order');
  await endpoint.restart();
  expect(await inbox(`?id=${MessageId}`)).toEqual([
    {
      Id: MessageId,
      Region: 'eu-central-1',
      Source: 'The shop <shop@example.com>',
      Destination: { ToAddresses: ['ann@example.org', 'bob@example.org'] },
      Subject: 'Your order',
      Body: { text_part: 'Grüße & <tags>', html_part: '<p>Hello</p>' },
      Timestamp: expect.any(String),
    },
  ]);
});

test('a mail from an unverified address is refused with the message of SES', async () => {
  await expect(send('eve@elsewhere.example', ['ann@example.org'])).rejects.toMatchObject({
    name: 'MessageRejected',
    message:
      'Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: eve@elsewhere.example',
  });
});

test('a verified domain may send from any of its addresses', async () => {
  await ses.send(new VerifyDomainIdentityCommand({ Domain: 'domain.example' }));
  await expect(send('anyone@domain.example', ['ann@example.org'])).resolves.toHaveProperty('MessageId');
});

test.each([
  [[], "Missing required header 'To'."],
  [['nobody'], "Missing final '@domain' (nobody)"],
  [['ann@example.org, bob@example.org'], 'Illegal address: ann@example.org, bob@example.org'],
  [['ann smith@example.org'], 'Illegal address: ann smith@example.org'],
  [Array.from({ length: 51 }, (_, index) => `u${index}@example.org`), 'Recipient count exceeds 50.'],
])('a mail to %j is refused', async (to, message) => {
  await expect(send('shop@example.com', to)).rejects.toMatchObject({ name: 'InvalidParameterValue', message });
});

test('a raw mail is kept as it was sent, its sender and recipients read from its headers', async () => {
  const raw =
    'From: shop@example.com\r\nTo: ann@example.org,\r\n bob@example.org\r\nSubject: Raw\r\n\r\nSubject: not this\r\n';
  const { MessageId } = await ses.send(new SendRawEmailCommand({ RawMessage: { Data: Buffer.from(raw) } }));
  expect(await inbox(`?id=${MessageId}`)).toEqual([
    expect.objectContaining({
      Source: 'shop@example.com',
      Destination: { ToAddresses: ['ann@example.org', 'bob@example.org'] },
      Subject: 'Raw',
      RawData: raw,
    }),
  ]);
});

test('a display name may contain a comma, in each address of a mail', async () => {
  const source = '"Shop, The" <shop@example.com>';
  const { MessageId } = await send(source, ['"Doe, Jane" <jane@example.org>', 'bob@example.org']);
  expect(await inbox(`?id=${MessageId}`)).toEqual([
    expect.objectContaining({
      Source: source,
      Destination: { ToAddresses: ['"Doe, Jane" <jane@example.org>', 'bob@example.org'] },
    }),
  ]);
});

test('the recipients of a raw mail are those of To, Cc and Bcc, its subject is decoded', async () => {
  const raw = [
    'From: "Shop, The" <shop@example.com>',
    'To: "Doe, Jane" <jane@example.org>, Team: ann@example.org, bob@example.org;',
    'Cc: =?utf-8?q?J=C3=BCrgen?= <j@example.org>',
    'Bcc: secret@example.org',
    'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
    '',
    'Hello',
  ].join('\r\n');
  const { MessageId } = await ses.send(new SendRawEmailCommand({ RawMessage: { Data: Buffer.from(raw) } }));
  expect(await inbox(`?id=${MessageId}`)).toEqual([
    expect.objectContaining({
      Source: '"Shop, The" <shop@example.com>',
      Destination: {
        ToAddresses: ['"Doe, Jane" <jane@example.org>', 'ann@example.org', 'bob@example.org'],
        CcAddresses: ['Jürgen <j@example.org>'],
        BccAddresses: ['secret@example.org'],
      },
      Subject: 'Grüße',
    }),
  ]);
});

test('verified identities are listed with the status Success, others are not listed', async () => {
  const { Identities } = await ses.send(new ListIdentitiesCommand({ IdentityType: 'EmailAddress' }));
  expect(Identities).toEqual(['shop@example.com']);
  const { VerificationAttributes } = await ses.send(
    new GetIdentityVerificationAttributesCommand({ Identities: ['shop@example.com', 'eve@elsewhere.example'] }),
  );
  expect(VerificationAttributes).toEqual({ 'shop@example.com': { VerificationStatus: 'Success' } });
});

test('a hundred mails at once are all kept, and the quota counts them', async () => {
  const before = await ses.send(new GetSendQuotaCommand({}));
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => send('shop@example.com', ['ann@example.org'], `n${index}`)),
  );
  const after = await ses.send(new GetSendQuotaCommand({}));
  expect(after.SentLast24Hours).toBe((before.SentLast24Hours ?? 0) + 100);
  expect(
    new Set((await inbox()).map(({ Subject }) => Subject).filter((subject) => /^n\d/.test(subject ?? ''))).size,
  ).toBe(100);
});

test('deleting empties the inbox', async () => {
  await send('shop@example.com', ['ann@example.org']);
  await fetch(`${endpoint.url}/_aws/ses`, { method: 'DELETE' });
  expect(await inbox()).toEqual([]);
});

test('an unknown action is refused by name', async () => {
  const response = await fetch(endpoint.url, { method: 'POST', body: new URLSearchParams({ Action: 'SendBounce' }) });
  expect([response.status, await response.text()]).toEqual([
    400,
    expect.stringContaining('SendBounce is not implemented'),
  ]);
});

test('version 2 of its API is refused by name, in the JSON that its clients read', async () => {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/ses/aws4_request, SignedHeaders=host, Signature=0';
  const response = await fetch(`${endpoint.url}/v2/email/identities`, { headers: { authorization } });
  expect([response.status, await response.json()]).toEqual([
    501,
    { __type: 'UnknownOperationException', message: expect.stringContaining("SES's API v2 is not part") },
  ]);
});
