import { SendEmailCommand, SESServiceException, type SESClient } from '@aws-sdk/client-ses';
import { MailRefused, type SendMail } from './handler.ts';

/**
 * Sends mail with SES. `from` is an address that SES has verified. With a configuration set, SES reports bounces and
 * complaints, and repeats the tags of the mail in them. Throws a MailRefused if SES will never accept this mail;
 * every other error may pass.
 */
export function createMailSender(
  ses: SESClient,
  { from, configurationSet }: { from: string; configurationSet: string | undefined },
): SendMail {
  return async ({ userId, to, subject, text, html }) => {
    const command = new SendEmailCommand({
      Source: from,
      Destination: { ToAddresses: [to] },
      ConfigurationSetName: configurationSet,
      Tags: [{ Name: 'user', Value: userId }],
      Message: {
        Subject: { Data: subject, Charset: 'UTF-8' },
        Body: { Text: { Data: text, Charset: 'UTF-8' }, Html: { Data: html, Charset: 'UTF-8' } },
      },
    });
    await ses.send(command).catch((error: unknown) => {
      throw isFinal(error) ? new MailRefused(`${error.name}: ${error.message}`, { cause: error }) : error;
    });
  };
}

/** Codes with which SES refuses the content of a request: https://docs.aws.amazon.com/ses/latest/APIReference/CommonErrors.html */
const finalCodes = new Set([
  'InvalidParameterValue',
  'InvalidParameterCombination',
  'MissingParameter',
  'ValidationError',
]);

/**
 * Whether SES refused the mail itself. Throttling, missing permissions, a MAIL FROM domain that is not verified and paused
 * sending have codes of their own (https://docs.aws.amazon.com/ses/latest/APIReference/API_SendEmail.html#API_SendEmail_Errors)
 * and concern all mails, so they are not final. Two states of the account come as MessageRejected and differ only in the
 * message: an identity that is not verified, and an account whose sending is paused
 * (https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html).
 */
function isFinal(error: unknown): error is SESServiceException {
  if (!(error instanceof SESServiceException)) return false;
  if (error.name === 'MessageRejected') return !/not verified|paused|suspended|shut down|quota/i.test(error.message);
  return finalCodes.has(error.name);
}
