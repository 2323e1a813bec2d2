import Handlebars from 'handlebars';

/** Payload of a `payment.succeeded` event, as far as the mail needs it. */
export interface PaidOrder {
  readonly orderId: string;
  readonly amountCents: number;
}

export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const subject = compile('Your order {{orderId}} is paid', { noEscape: true });

const text = compile(
  `Thank you for your order.

Order:  {{orderId}}
Paid:   {{amount}}

We will write again when it is on its way.
`,
  { noEscape: true },
);

const html = compile(`<!doctype html>
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
`);

const money = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

/** The mail that tells a customer that the payment arrived. */
export function confirmation({ orderId, amountCents }: PaidOrder): Mail {
  const values = { orderId, amount: money.format(amountCents / 100) };
  return { subject: subject(values), text: text(values), html: html(values) };
}

/** Strict: a value the template names and nobody gives is an error, not a gap in a customer's mail. */
function compile(template: string, options: CompileOptions = {}) {
  return Handlebars.compile<{ orderId: string; amount: string }>(template, { strict: true, ...options });
}
