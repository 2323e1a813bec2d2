import { Type } from 'typebox';
import { idempotencyHeaders } from '../../kit/idempotency.ts';
import { defaultLimit, pageOf, pageQuery, readCursor, toPage } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.ts';
import type { App } from '../../kit/server.ts';
import { requireUser } from '../../kit/sessions.ts';
import { price, total, type FindPrices } from './pricing.ts';
import type { OrderStore } from './store.ts';

const id = Type.String({ format: 'uuid' });
const line = {
  // As long as the catalog's ids may be, and as an address carries them unchanged.
  productId: Type.String({ pattern: '^[\\w.-]{1,100}$' }),
  quantity: Type.Integer({ minimum: 1, maximum: 100 }),
};
const cents = Type.Integer({ minimum: 0 });

const body = Type.Object(
  { items: Type.Array(Type.Object(line, { additionalProperties: false }), { minItems: 1, maxItems: 50 }) },
  { additionalProperties: false },
);

const order = Type.Object({
  id,
  status: Type.Enum(['pending', 'paid']),
  totalCents: cents,
  createdAt: Type.String({ format: 'date-time' }),
  items: Type.Array(Type.Object({ ...line, priceCents: cents })),
});

export function orderRoutes(app: App, store: OrderStore, findPrices: FindPrices): void {
  app.post(
    '/api/orders',
    { schema: { summary: 'Places an order', headers: idempotencyHeaders, body, response: { 201: order } } },
    async (request, reply) => {
      const { id: userId } = requireUser(request);
      // Asked before the transaction, so that a slow catalog holds no connection; a repeated key needs no answer of it.
      const [priced] = await Promise.allSettled([price(request.body.items, findPrices)]);
      const placed = await store.place(
        { userId, key: request.headers['idempotency-key'], body: request.body },
        async () => {
          if (priced.status === 'rejected') throw priced.reason;
          return { userId, items: priced.value, totalCents: total(priced.value) };
        },
      );
      return reply.code(201).send(placed);
    },
  );

  app.get(
    '/api/orders',
    {
      schema: {
        summary: 'Your orders, newest first',
        querystring: Type.Object(pageQuery),
        response: { 200: pageOf(order) },
      },
    },
    async (request) => {
      const { limit = defaultLimit, cursor } = request.query;
      const before = cursor === undefined ? undefined : readCursor(id, cursor);
      const found = await store.list(requireUser(request).id, limit + 1, before);
      return toPage(found, limit, (last) => last.id);
    },
  );

  app.get(
    '/api/orders/:id',
    { schema: { summary: 'One of your orders', params: Type.Object({ id }), response: { 200: order } } },
    async (request) => {
      const found = await store.find(requireUser(request).id, request.params.id);
      if (found === undefined)
        throw new Problem(404, 'No such order', { detail: `You have no order ${request.params.id}.` });
      return found;
    },
  );
}
