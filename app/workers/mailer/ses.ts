import { SendEmailCommand, type SESClient } from '@aws-sdk/client-ses';
import type { SendMail } from './handle.ts';

/** Mail by SES, from a verified address. */
export function sendBySes(ses: SESClient, from: string): SendMail {
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
