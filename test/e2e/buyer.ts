import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createShopper, type Shopper, type ShopResponse } from '../support/shopper.ts';
import { anyOf } from './faults.ts';

/** What a buyer was told about the orders it placed, and all that it should not have been told. */
export interface Ledger {
  /** Their addresses. */
  readonly buyers: string[];
  readonly orders: {
    readonly email: string;
    readonly id: string;
    readonly totalCents: number;
    readonly outcome: Outcome;
  }[];
  readonly surprises: string[];
}

type Outcome = 'paid' | 'declined' | 'hanging';

/** Some more than the hourly limit of mails about orders. */
const ordersPerBuyer = 120;

/** Buys until `signal` aborts, as one person after another, and completes the purchase under way. */
export async function buy(edge: string, ledger: Ledger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const shopper = createShopper(edge);
    const registered = await insist(shopper, () => shopper.register());
    // The response to the first registration was lost.
    if (registered.status === 409) await insist(shopper, () => shopper.login());
    ledger.buyers.push(shopper.email);
    const { body } = await insist(shopper, () => shopper.products('?limit=20'));
    for (let i = 0; i < ordersPerBuyer && !signal.aborted; i += 1)
      await buyOne(shopper, ledger, anyOf<Product>(body.items));
  }
}

interface Product {
  readonly id: string;
  readonly priceCents: number;
}

async function buyOne(shopper: Shopper, ledger: Ledger, product: Product | undefined): Promise<void> {
  const items = [{ productId: product?.id ?? '', quantity: 1 }];
  const order = await twins(shopper, ledger, (key) => shopper.order(items, key));
  if (order === undefined) return;
  const { id, totalCents } = order.body;
  if (order.status !== 201 || totalCents !== product?.priceCents)
    ledger.surprises.push(`${JSON.stringify(product)}: ${order.status} ${JSON.stringify(order.body)}`);
  if (order.status === 201)
    ledger.orders.push({ email: shopper.email, id, totalCents, outcome: await payFor(shopper, ledger, id) });
}

async function payFor(shopper: Shopper, ledger: Ledger, id: string): Promise<Outcome> {
  if (Math.random() < 0.03) {
    await shopper.pay(id, 'tok_slow', randomUUID()).catch(() => undefined);
    return 'hanging';
  }
  const card = Math.random() < 0.1 ? 'tok_declined' : 'tok_ok';
  for (;;) {
    const payment = await twins(shopper, ledger, (key) => shopper.pay(id, card, key));
    // Voided by the reconciler, when its request took longer than a minute to repeat.
    if (payment?.body.title === 'Payment voided') continue;
    const expected = card === 'tok_ok' ? 201 : 402;
    if (payment?.status !== expected)
      ledger.surprises.push(`${card}: ${payment?.status} ${JSON.stringify(payment?.body)}`);
    return payment?.status === 201 ? 'paid' : 'declined';
  }
}

/**
 * Sends three requests with one Idempotency-Key at slightly different times, each until it gets a definite response. Returns
 * the response; undefined if they were not all the same.
 */
async function twins(
  shopper: Shopper,
  ledger: Ledger,
  send: (key: string) => Promise<ShopResponse>,
): Promise<ShopResponse | undefined> {
  const key = randomUUID();
  const responses = await Promise.all(
    [0, 50, 300].map(async (delayMs) => {
      await sleep(delayMs * Math.random());
      return insist(shopper, () => send(key));
    }),
  );
  const different = new Set(responses.map(({ status, body }) => `${status} ${body.id ?? body.title}`));
  if (different.size === 1) return responses[0];
  ledger.surprises.push(`twins got ${[...different].join(', ')}`);
  return undefined;
}

/** Repeats a request until it gets a definite response: neither none, nor a 5xx, nor one that asks to try again. */
async function insist(shopper: Shopper, send: () => Promise<ShopResponse>): Promise<ShopResponse> {
  for (;;) {
    const response = await send().catch(() => undefined);
    // Redis has lost the session.
    if (response?.status === 401) await shopper.login().catch(() => undefined);
    else if (response !== undefined && response.status < 500 && !response.headers.has('retry-after')) return response;
    await sleep(100 + 200 * Math.random());
  }
}
