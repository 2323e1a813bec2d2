import { setTimeout as sleep } from 'node:timers/promises';
import { Type } from 'typebox';
import { DecidedCharge } from '../../contracts/charge.ts';
import type { App } from '../../kit/app.ts';
import { databaseProblems, withKey } from '../../kit/openapi.ts';
import { Problem } from '../../kit/problem.ts';
import { strictObject } from '../../kit/schema.ts';
import type { ChargeStore } from './charge.ts';

/** Characters that both a header and a path can carry; Fastify limits a path parameter to 100. */
const Key = Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' });
const Cents = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const NewCharge = strictObject({ amountCents: Cents, cardToken: Type.String() });
const Charge = Type.Object({
  id: Type.String(),
  key: Type.String(),
  ...DecidedCharge.properties,
  amountCents: Cents,
});

/** How long `tok_slow` hangs, in ms: longer than a caller should wait, and shorter than the server's handler timeout. */
const defaultHangMs = 8_000;

export interface RouteParts {
  readonly store: ChargeStore;
  /** @default 8,000 ms */
  readonly hangMs?: number;
}

/** A payment provider for tests: `tok_ok` pays, `tok_slow` hangs and never charges, other cards are declined. */
export function addRoutes(app: App, { store, hangMs = defaultHangMs }: RouteParts): void {
  app.post(
    '/sandbox/charges',
    {
      schema: {
        summary: 'Charges a card, once per Idempotency-Key',
        security: withKey,
        headers: Type.Object({ 'idempotency-key': Key }),
        body: NewCharge,
        problems: [402, 410, ...databaseProblems],
        response: { 201: Charge },
      },
    },
    async (request, reply) => {
      const { amountCents, cardToken } = request.body;
      if (cardToken === 'tok_slow') {
        await sleep(hangMs, undefined, { ref: false });
        throw new Problem(504, 'The bank did not respond');
      }
      const status = cardToken === 'tok_ok' ? 'succeeded' : 'declined';
      const decided = await store.decide({ key: request.headers['idempotency-key'], status, amountCents });
      if (decided.status === 'declined') throw new Problem(402, 'Card declined');
      if (decided.status === 'voided')
        throw new Problem(410, 'Voided', { detail: 'This charge was voided before it was made.' });
      return reply.code(201).send(decided);
    },
  );

  app.get(
    '/sandbox/charges/:key',
    {
      schema: {
        summary: 'The outcome of a charge',
        security: withKey,
        problems: [404, ...databaseProblems],
        params: Type.Object({ key: Key }),
        response: { 200: Charge },
      },
    },
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
        summary: 'Voids a charge unless it was made, and returns its outcome',
        security: withKey,
        problems: databaseProblems,
        params: Type.Object({ key: Key }),
        response: { 200: Charge },
      },
    },
    async (request) => store.decide({ key: request.params.key, status: 'voided', amountCents: 0 }),
  );
}
