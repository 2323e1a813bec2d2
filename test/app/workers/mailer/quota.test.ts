import type { SESClient } from '@aws-sdk/client-ses';
import { expect, test } from '@jest/globals';
import { isOutage } from '../../../../app/kit/outage.ts';
import { keepQuota } from '../../../../app/workers/mailer/quota.ts';
import { silentTask } from '../../../support/task.ts';

const { log } = silentTask({});
const mail = { kind: 'order', name: '', userId: '1', to: 'ada@example.com', subject: '', text: '', html: '' } as const;

function senderWith(quota: object) {
  const done: string[] = [];
  const send = keepQuota(async ({ to }) => void done.push(to), {
    ses: { send: async () => quota } as unknown as SESClient,
    pace: async (perSecond) => void done.push(`turn of ${perSecond} a second`),
    log,
  });
  return { done, send };
}

test.each([
  { MaxSendRate: 14, Max24HourSend: 200, SentLast24Hours: 199 },
  { MaxSendRate: 14, Max24HourSend: -1, SentLast24Hours: 1_000_000 },
])('a mail waits for a turn of the rate that SES permits: %o', async (quota) => {
  const { done, send } = senderWith(quota);
  await send(mail);
  expect(done).toEqual(['turn of 14 a second', 'ada@example.com']);
});

test.each([
  { MaxSendRate: 14, Max24HourSend: 200, SentLast24Hours: 200 },
  { MaxSendRate: 0, Max24HourSend: 200, SentLast24Hours: 0 },
])('when SES permits no more mails, none is tried, and receiving pauses as in an outage: %o', async (quota) => {
  const { done, send } = senderWith(quota);
  const failure = await send(mail).catch((error: unknown) => error);
  expect(isOutage(failure)).toBe(true);
  expect(done).toEqual([]);
});
