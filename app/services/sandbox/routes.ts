import { setTimeout as sleep } from 'node:timers/promises';
import { Type } from 'typebox';
import { Problem } from '../../kit/problem.ts';
import type { App } from '../../kit/server.ts';
import type { Charge, ChargeStore } from './store.ts';

/** What a header and a path can both carry; Fastify takes 100 characters of a path. */
const key = Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' });
const params = Type.Object({ key });
const cents = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const charge = Type.Object({
  id: Type.String(),
  key: Type.String(),
  status: Type.Enum(['succeeded', 'declined', 'voided']),
  amountCents: cents,
});

/** Longer than a caller should wait, and an end to it. */
const HANG_MS = 8_000;

/** A payment provider to practise with: `tok_ok` pays, `tok_slow` hangs and never charges, all else is declined. */
export function sandboxRoutes(app: App, store: ChargeStore, hangMs = HANG_MS): void {
  app.post(
    '/sandbox/charges',
    {
      schema: {
        summary: 'Charges a card, once per Idempotency-Key',
        headers: Type.Object({ 'idempotency-key': key }),
        body: Type.Object({ amountCents: cents, cardToken: Type.String() }),
        response: { 201: charge },
      },
    },
    async (request, reply) => {
      const { amountCents, cardToken } = request.body;
      if (cardToken === 'tok_slow') {
        await sleep(hangMs, undefined, { ref: false });
        throw new Problem(504, 'The bank did not answer');
      }
      const status = cardToken === 'tok_ok' ? 'succeeded' : 'declined';
      const decided = await store.decide({ key: request.headers['idempotency-key'], status, amountCents });
      return reply.code(201).send(refuseUnlessCharged(decided));
    },
  );

  app.get(
    '/sandbox/charges/:key',
    { schema: { summary: 'What became of a charge', params, response: { 200: charge } } },
    async (request) => {
      const found = await store.find(request.params.key);
      if (found === undefined) throw new Problem(404, 'No such charge');
      return found;
    },
  );

  app.post(
    '/sandbox/charges/:key/void',
    {
      schema: {
        summary: 'Sees to it that a charge that was not made never will be, and answers what became of it',
        params,
        response: { 200: charge },
      },
    },
    async (request) => store.decide({ key: request.params.key, status: 'voided', amountCents: 0 }),
  );
}

function refuseUnlessCharged(decided: Charge): Charge {
  if (decided.status === 'declined') throw new Problem(402, 'Card declined');
  if (decided.status === 'voided')
    throw new Problem(410, 'Voided', { detail: 'This charge was voided before it was made.' });
  return decided;
}
