import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { createShopper } from '../support/shopper.ts';
import type { System } from '../support/system.ts';

/** The mails to an address about paid orders. */
const confirmations = async (system: System, address: string) =>
  (await system.inbox(address)).filter(({ subject }) => subject.endsWith('is paid'));

/** The journey that must work with every endpoint: register, browse, order, pay, and read the e-mail. */
export function describeJourney(system: () => System) {
  test('register, log in, browse, order, pay, and the confirmation e-mail arrives', async () => {
    const shopper = createShopper(system().edge);

    expect(await shopper.register()).toMatchObject({ status: 201, body: { email: shopper.email } });
    expect(await shopper.logout()).toMatchObject({ status: 204 });
    expect(await shopper.me()).toMatchObject({ status: 401 });
    expect(await shopper.login()).toMatchObject({ status: 200 });
    expect(await shopper.me()).toMatchObject({ status: 200, body: { email: shopper.email } });

    const home = await shopper.send('GET', '/');
    expect(home.headers.get('content-type')).toContain('text/html');

    const { body: page } = await shopper.products('?limit=2');
    expect(page.items).toHaveLength(2);
    const [first, second] = page.items;

    const order = await shopper.order([
      { productId: first.id, quantity: 2 },
      { productId: second.id, quantity: 1 },
    ]);
    const totalCents = 2 * first.priceCents + second.priceCents;
    expect(order).toMatchObject({ status: 201, body: { status: 'pending', totalCents } });

    const payment = await shopper.pay(order.body.id);
    expect(payment).toMatchObject({ status: 201, body: { status: 'succeeded', amountCents: totalCents } });

    const mail = await eventually(async () => {
      const mails = await confirmations(system(), shopper.email);
      expect(mails).toHaveLength(1);
      return mails[0];
    });
    expect(mail?.text).toContain(order.body.id);

    await eventually(async () => {
      expect((await shopper.send('GET', `/api/orders/${order.body.id}`)).body.status).toBe('paid');
    });
  });

  test('the mailed links confirm the address and set a new password, which ends the sessions', async () => {
    const shopper = createShopper(system().edge);
    await shopper.register();
    const linkIn = async (subject: string) =>
      eventually(async () => {
        const mail = (await system().inbox(shopper.email)).find((each) => each.subject === subject);
        return new URL(/^http\S+$/m.exec(mail?.text ?? '')?.[0] ?? 'no link');
      });

    const verify = await linkIn('Confirm your e-mail address');
    expect(verify.origin).toBe(system().edge);
    expect((await shopper.send('GET', verify.pathname)).headers.get('content-type')).toContain('text/html');
    const token = verify.hash.slice(1);
    expect(await shopper.send('POST', verify.pathname, { json: { token } })).toMatchObject({ status: 204 });

    const { email } = shopper;
    expect(await shopper.send('POST', '/api/auth/password/reset', { json: { email } })).toMatchObject({ status: 202 });
    const reset = await linkIn('Set a new password');
    const json = { token: reset.hash.slice(1), password: 'another long password' };
    expect(await shopper.send('POST', reset.pathname, { json })).toMatchObject({ status: 204 });
    expect(await shopper.me()).toMatchObject({ status: 401 });
    const login = { email, password: json.password };
    expect(await shopper.send('POST', '/api/auth/login', { json: login })).toMatchObject({ status: 200 });
    const sessions = await shopper.send('GET', '/api/auth/sessions');
    expect(sessions).toMatchObject({ status: 200, body: { items: [{ current: true }], nextCursor: null } });
  });

  test('concurrent requests with the same idempotency key create one order, one charge and one e-mail', async () => {
    const shopper = createShopper(system().edge);
    await shopper.register();
    const { body: page } = await shopper.products('?limit=1');
    const items = [{ productId: page.items[0].id, quantity: 1 }];

    const orderKey = randomUUID();
    const orders = await Promise.all([shopper.order(items, orderKey), shopper.order(items, orderKey)]);
    expect(orders.map(({ status }) => status)).toEqual([201, 201]);
    expect(orders[0].body).toEqual(orders[1].body);
    expect((await shopper.send('GET', '/api/orders')).body.items).toHaveLength(1);

    const paymentKey = randomUUID();
    const { id } = orders[0].body;
    const payments = await Promise.all([shopper.pay(id, 'tok_ok', paymentKey), shopper.pay(id, 'tok_ok', paymentKey)]);
    expect(payments.map(({ status }) => status)).toEqual([201, 201]);
    expect(payments[0].body).toEqual(payments[1].body);
    expect(await shopper.pay(id, 'tok_ok', paymentKey)).toMatchObject({ status: 201, body: payments[0].body });

    const charges = await system().query('primary', 'select status from sandbox.charges where key = $1', [
      payments[0].body.id,
    ]);
    expect(charges).toEqual([{ status: 'succeeded' }]);

    await eventually(async () => expect(await confirmations(system(), shopper.email)).toHaveLength(1));
    // Wait long enough for the mailer to send a second e-mail.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await confirmations(system(), shopper.email)).toHaveLength(1);
  });
}
