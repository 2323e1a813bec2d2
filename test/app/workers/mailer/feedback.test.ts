import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { handleFeedback, parseMessage, type Feedback } from '../../../../app/workers/mailer/feedback.ts';
import { silentTask } from '../../../support/task.ts';

const userId = randomUUID();
const mail = { destination: ['ada@example.com'], tags: { user: [userId], 'ses:configuration-set': ['shop'] } };
const { log } = silentTask({});

async function suppressedBy(report: object): Promise<unknown[][]> {
  const suppressed: unknown[][] = [];
  const store = { suppress: async (...args: unknown[]) => void suppressed.push(args) };
  await handleFeedback({ store, log }, parseMessage(JSON.stringify(report)) as Feedback);
  return suppressed;
}

test.each([
  ['bounce: General', { eventType: 'Bounce', bounce: { bounceType: 'Permanent', bounceSubType: 'General' } }],
  ['complaint: abuse', { eventType: 'Complaint', complaint: { complaintFeedbackType: 'abuse' } }],
  ['complaint: of unknown type', { eventType: 'Complaint', complaint: { feedbackId: '1' } }],
])('an address is suppressed by a %s', async (reason, report) => {
  expect(await suppressedBy({ ...report, mail })).toEqual([[userId, 'ada@example.com', reason]]);
});

test.each([
  { eventType: 'Bounce', bounce: { bounceType: 'Transient', bounceSubType: 'MailboxFull' } },
  { eventType: 'Bounce', bounce: { bounceType: 'Undetermined', bounceSubType: 'Undetermined' } },
  { eventType: 'Complaint', complaint: { complaintFeedbackType: 'not-spam' } },
])('an address stays after %o', async (report) => {
  expect(await suppressedBy({ ...report, mail })).toEqual([]);
});

test('an event of a service is parsed as one', () => {
  const event = { id: '1', type: 'payment.succeeded', at: '2026-01-01', payload: {} };
  expect(parseMessage(JSON.stringify(event))).toEqual(event);
});

test('a report about a mail that names no user is refused', () => {
  const report = { eventType: 'Bounce', bounce: {}, mail: { ...mail, tags: {} } };
  expect(() => parseMessage(JSON.stringify(report))).toThrow('another form than documented: /mail/tags');
});
