import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { PermanentError } from '../../../../app/kit/permanent-error.ts';
import { dueMail } from '../../../../app/workers/mailer/due-mail.ts';

const link = 'https://shop.example.com/api/auth/verify#a-token_0';
const eventOf = (type: string, payload: object) => ({ id: randomUUID(), type, at: new Date().toISOString(), payload });

test.each([
  ['verification.requested', 'Confirm your e-mail address', 'a day'],
  ['reset.requested', 'Set a new password', 'an hour'],
])('the mail for %s has the link in both bodies, and says how long it works', async (type, subject, time) => {
  const mail = await dueMail(eventOf(type, { userId: randomUUID(), email: 'ada@example.com', link }));
  expect(mail).toMatchObject({ kind: 'account', to: 'ada@example.com', subject });
  expect(mail.text).toContain(`\n${link}\n`);
  expect(mail.html).toContain(`href="${link}"`);
  for (const body of [mail.text, mail.html]) expect(body).toContain(time);
});

test('an event for which there is no mail is refused for good', async () => {
  const mail = dueMail(eventOf('order.shipped', {}));
  await expect(mail).rejects.toThrow('order.shipped, for which there is no mail');
  await expect(mail).rejects.toThrow(PermanentError);
});
