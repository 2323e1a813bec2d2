import { expect, test } from '@jest/globals';
import { confirmation } from '../../../../app/workers/mailer/confirmation.ts';

const orderId = '0f8fad5b-d9cb-469f-a165-70867728950e';

test('both bodies name the order and the amount in dollars', () => {
  const mail = confirmation({ orderId, amountCents: 123_456 });
  expect(mail.subject).toBe(`Your order ${orderId} is paid`);
  for (const body of [mail.text, mail.html]) {
    expect(body).toContain(orderId);
    expect(body).toContain('$1,234.56');
  }
});

test('what stands in the HTML is escaped, what stands in the text is not', () => {
  const mail = confirmation({ orderId: '<b>&', amountCents: 1 });
  expect(mail.html).toContain('&lt;b&gt;&amp;');
  expect(mail.text).toContain('<b>&');
});
