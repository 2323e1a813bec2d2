import { createTemplate } from '../../kit/template.ts';
import type { Mail } from './mail.ts';

export interface PaidOrder {
  readonly orderId: string;
  readonly amountCents: number;
}

interface Values {
  orderId: string;
  amount: string;
}

const subject = createTemplate<Values>('Your order {{orderId}} is paid', 'text');

const text = createTemplate<Values>(
  `Thank you for your order.

Order:  {{orderId}}
Paid:   {{amount}}

We will write again when it is on its way.
`,
  'text',
);

const html = createTemplate<Values>(
  `<!doctype html>
<html lang="en">
<body style="font-family: sans-serif; line-height: 1.5">
<h1 style="font-size: 1.25em">Thank you for your order</h1>
<table>
<tr><td>Order</td><td><strong>{{orderId}}</strong></td></tr>
<tr><td>Paid</td><td><strong>{{amount}}</strong></td></tr>
</table>
<p>We will write again when it is on its way.</p>
</body>
</html>
`,
  'html',
);

const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

/** Renders the mail that confirms a payment to the customer. */
export async function renderConfirmation({ orderId, amountCents }: PaidOrder): Promise<Mail> {
  const values = { orderId, amount: dollars.format(amountCents / 100) };
  return { subject: await subject(values), text: await text(values), html: await html(values) };
}
