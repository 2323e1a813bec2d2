import { GetSendQuotaCommand, type SESClient } from '@aws-sdk/client-ses';
import { refreshed } from '../../kit/cache/refreshed.ts';
import type { Logger } from '../../kit/log.ts';
import type { Pace } from '../../kit/pace.ts';
import { OverloadError } from '../../kit/problem.ts';
import type { SendMail } from './handler.ts';

/** How often the quota is read, in ms. SES permits one such call a second: https://docs.aws.amazon.com/ses/latest/APIReference/API_GetSendQuota.html */
const refreshMs = 60_000;

/**
 * Sends each mail in its turn, so that all tasks together keep the rate that SES permits the account: SES drops what is more
 * (https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html). Throws an OverloadError when the account may
 * send no more today, or more mails wait than their time permits.
 */
export function keepQuota(send: SendMail, { ses, pace, log }: { ses: SESClient; pace: Pace; log: Logger }): SendMail {
  const quotaOf = refreshed(async () => ses.send(new GetSendQuotaCommand({})), refreshMs, log);
  return async (mail) => {
    const { MaxSendRate = 0, Max24HourSend = 0, SentLast24Hours = 0 } = await quotaOf();
    // A day's quota of -1 has no limit.
    if (MaxSendRate <= 0 || (Max24HourSend >= 0 && SentLast24Hours >= Max24HourSend))
      throw new OverloadError(`SES has accepted ${SentLast24Hours} of ${Max24HourSend} mails in 24 hours`, undefined);
    await pace(MaxSendRate);
    await send(mail);
  };
}
