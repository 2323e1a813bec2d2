import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { afterEach, expect, test } from '@jest/globals';
import { createHttpClient } from '../../../../app/kit/http-client.ts';
import { createApp } from '../../../../app/services/payments/app.ts';
import { createPaymentProvider } from '../../../../app/services/payments/http-provider.ts';
import type { NewPayment, Payment, PaymentStore } from '../../../../app/services/payments/payment.ts';
import { allowSignIn, memoryRedis, noKeys } from '../../../support/sign-in.ts';
import { silentTask } from '../../../support/task.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  mock.timers.reset();
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Keeps payments in memory. */
function memoryStore(): PaymentStore {
  const payments = new Map<string, Payment>();
  return {
    findByKey: async () => undefined,
    open: async ({ idempotencyKey: _key, ...payment }: NewPayment) => {
      const opened = { ...payment, id: `payment-${payments.size}`, status: 'pending' as const };
      payments.set(opened.id, opened);
      return opened;
    },
    settle: async ({ id }, status) => ({ ...payments.get(id)!, status }),
    claimAbandoned: async () => [],
  };
}

/** Payments whose provider responds as a test says. Each payment is of another customer with another card. */
async function start(respond: RequestListener) {
  const provider = { respond, requests: 0 };
  const server: Server = createServer((request, response) => {
    provider.requests += 1;
    provider.respond(request, response);
  });
  const listen = async (port: number) => once(server.listen(port, '127.0.0.1'), 'listening');
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await once(server.close(), 'close');
  };
  const task = silentTask({});
  const client = createHttpClient({
    name: 'The payment provider',
    baseUrl: `http://127.0.0.1:${port}`,
    timeoutMs: 2_000,
    breakers: task.breakers,
  });
  const app = createApp({
    redis: memoryRedis(),
    sessionSecret: 's'.repeat(32),
    findKeyOwner: noKeys,
    store: memoryStore(),
    provider: createPaymentProvider(client, 'key'),
    findOrder: async () => ({ status: 'pending', totalCents: 100 }),
    onCommit: () => {},
  });
  const signIn = allowSignIn(app);
  closing.push(close, () => app.close());
  let customers = 0;
  const pay = async () => {
    const number = (customers += 1);
    const cookie = await signIn({ id: `customer-${number}`, email: `${number}@example.com` });
    const payload = { orderId: crypto.randomUUID(), cardToken: `tok_${number}` };
    return (await app.inject({ method: 'POST', url: '/api/payments', headers: { cookie }, payload })).statusCode;
  };
  const state = () => task.breakers.states()[0]?.state;
  return { app, provider, pay, state, close, reopen: () => listen(port) };
}

type Rig = Awaited<ReturnType<typeof start>>;
const accept: RequestListener = (_request, response) => response.writeHead(201).end('{}');
const hang: RequestListener = () => {};

test.each<[string, number, RequestListener, (rig: Rig) => unknown]>([
  ['hangs', 504, hang, () => {}],
  ['refuses connections', 503, accept, (rig) => rig.close()],
  ['responds with 500', 503, (_request, response) => response.writeHead(500).end(), () => {}],
])(
  'a provider that %s opens the circuit at the fifth payment; then none waits, one probes, and its success closes it',
  async (_what, status, respond, begin) => {
    const rig = await start(respond);
    const { app, provider, pay, state } = rig;
    await begin(rig);
    const failing = Array.from({ length: 5 }, () => pay());
    expect((await app.inject('/api/health')).statusCode).toBe(200);
    expect(await Promise.all(failing)).toEqual([status, status, status, status, status]);
    expect(state()).toBe('open');

    // A payment that reached the provider would wait for it.
    const reached = provider.requests;
    provider.respond = hang;
    expect(await Promise.all(Array.from({ length: 20 }, () => pay()))).toEqual(Array(20).fill(503));
    expect(provider.requests).toBe(reached);

    if (reached === 0) await rig.reopen();
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 30_000 });
    const probed = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    provider.respond = (request, response) => {
      probed.resolve();
      void held.promise.then(() => accept(request, response));
    };
    const probe = pay();
    await probed.promise;
    expect(await Promise.all([pay(), pay()])).toEqual([503, 503]);
    held.resolve();
    expect(await probe).toBe(201);
    expect(provider.requests).toBe(reached + 1);
    expect(state()).toBe('closed');
    provider.respond = accept;
    expect(await Promise.all([pay(), pay()])).toEqual([201, 201]);
  },
);
