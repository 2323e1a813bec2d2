import { SendEmailCommand, type SESClient } from '@aws-sdk/client-ses';
import type { SendMail } from './handler.ts';

/** Sends mail with SES. `from` is an address that SES has verified. */
export function createMailSender(ses: SESClient, from: string): SendMail {
  return async (to, { subject, text, html }) => {
    await ses.send(
      new SendEmailCommand({
        Source: from,
        Destination: { ToAddresses: [to] },
        Message: {
          Subject: { Data: subject, Charset: 'UTF-8' },
          Body: { Text: { Data: text, Charset: 'UTF-8' }, Html: { Data: html, Charset: 'UTF-8' } },
        },
      }),
    );
  };
}
