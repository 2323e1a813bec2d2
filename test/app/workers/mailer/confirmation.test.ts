import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renderConfirmation } from '../../../../app/workers/mailer/confirmation.ts';

const orderId = '0f8fad5b-d9cb-469f-a165-70867728950e';

test('both bodies contain the order and the amount in dollars', async () => {
  const mail = await renderConfirmation({ orderId, amountCents: 123_456 });
  expect(mail.subject).toBe(`Your order ${orderId} is paid`);
  for (const body of [mail.text, mail.html]) {
    expect(body).toContain(orderId);
    expect(body).toContain('$1,234.56');
  }
});

test('values are escaped in the HTML, and not in the text', async () => {
  const mail = await renderConfirmation({ orderId: '<b>&', amountCents: 1 });
  expect(mail.html).toContain('&lt;b&gt;&amp;');
  expect(mail.text).toContain('<b>&');
});

test('the amount of any order is exact to the cent', async () => {
  // The largest order is 50 lines of 100 of the dearest product.
  const cents = fc.integer({ min: 0, max: 50 * 100 * (2 ** 31 - 1) });
  await fc.assert(
    fc.asyncProperty(cents, async (amountCents) => {
      const { text } = await renderConfirmation({ orderId, amountCents });
      const [, amount = ''] = /\$([\d,]+\.\d\d)\b/.exec(text) ?? [];
      expect(BigInt(amount.replaceAll(/[,.]/g, ''))).toBe(BigInt(amountCents));
    }),
  );
});
