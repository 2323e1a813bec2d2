import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startOtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { createShopper } from '../support/shopper.ts';
import { startSystem, type System } from '../support/system.ts';

let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
let system: System;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  system = await startSystem({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
});
afterAll(async () => {
  await system?.dispose();
  await receiver.stop();
});

const label = ({ service, name }: ReceivedSpan) => `${service}: ${name.replace(/ headroom(-\S+)?$/, '')}`;

/** The spans of the trace that a request of the shopper began. */
const traceFrom = (name: string) => {
  const root = receiver.spans.find((span) => label(span) === name);
  return receiver.spans.filter(({ traceId }) => traceId === root?.traceId);
};

test('the trace of a purchase is one tree: service, called services, database, outbox, queues, workers, mail', async () => {
  const shopper = createShopper(system.edge);
  const registered = await shopper.register();
  const { id } = (await shopper.products('?limit=1')).body.items[0];
  const order = await shopper.order([{ productId: id, quantity: 1 }]);
  const key = randomUUID();
  const paid = await shopper.pay(order.body.id, 'tok_ok', key);
  expect(paid.status).toBe(201);

  const spans = await eventually(async () => {
    const trace = traceFrom('payments: POST /api/payments');
    expect(trace.map(label)).toEqual(expect.arrayContaining(['mailer: SES/SendEmail', 'payments: process']));
    return trace;
  }, 60_000);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const path = (span: ReceivedSpan): string[] => {
    const parent = byId.get(span.parentSpanId ?? '');
    return parent ? [...path(parent), label(span)] : [label(span)];
  };
  const paths = (name: string) => spans.filter((span) => label(span) === name).map(path);

  const root = 'payments: POST /api/payments';
  expect(spans.filter(({ parentSpanId }) => !byId.has(parentSpanId ?? '')).map(label)).toEqual([root]);
  expect(spans.find((span) => label(span) === root)?.parentSpanId).toBeUndefined();
  const call = [root, 'payments: GET', 'orders: GET /api/orders/:id'];
  expect(paths('orders: GET /api/orders/:id')).toEqual([call]);
  expect(paths('orders: SELECT')[0]).toEqual([...call, 'orders: SELECT']);
  expect(paths('orders: GETEX')).toEqual([[...call, 'orders: GETEX']]);
  const created = [root, 'payments: create payment.succeeded'];
  expect(paths('payments: send payment.succeeded')).toEqual([[...created, 'payments: send payment.succeeded']]);
  expect(paths('payments: INSERT')).toContainEqual([...created, 'payments: INSERT']);
  expect(paths('mailer: SES/SendEmail')).toEqual([[...created, 'mailer: process', 'mailer: SES/SendEmail']]);
  const confirmed = [...created, 'orders: process', 'orders: create order.paid'];
  expect(paths('orders: UPDATE')).toEqual([[...created, 'orders: process', 'orders: UPDATE']]);
  expect(paths('payments: process')).toEqual([[...confirmed, 'payments: process']]);

  const exported = JSON.stringify(receiver.spans);
  const session = registered.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? 'none';
  for (const personal of [
    shopper.email,
    session,
    decodeURIComponent(session).split('.')[0],
    key,
    'tok_ok',
    'correct horse',
  ])
    expect(exported).not.toContain(personal);
  expect(exported).not.toContain('@');
});

test('a client on the internet neither names its trace nor forces it', async () => {
  const traceId = 'a'.repeat(32);
  await createShopper(system.edge).send('GET', '/api/orders?limit=7', {
    headers: { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` },
  });
  await eventually(async () => {
    expect(traceFrom('orders: GET /api/orders')).not.toEqual([]);
  }, 60_000);
  expect(receiver.spans.map((span) => span.traceId)).not.toContain(traceId);
  expect(JSON.stringify(receiver.spans)).not.toContain('limit=7');
});
