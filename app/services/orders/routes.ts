import { Type } from 'typebox';
import { PayableOrder } from '../../contracts/order.ts';
import type { App } from '../../kit/app.ts';
import { IdempotencyHeaders } from '../../kit/idempotency.ts';
import { databaseProblems, signedIn } from '../../kit/openapi.ts';
import { defaultLimit, PageOf, pageQuery, readCursor, toPage } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.ts';
import { nullable, strictObject } from '../../kit/schema.ts';
import { requireUser } from '../../kit/sessions.ts';
import type { OrderStore } from './order.ts';
import { price, total, type FindPrices } from './pricing.ts';

const Id = Type.String({ format: 'uuid' });
const line = {
  // At most as long as the catalog's ids, and of characters that a URL carries unchanged.
  productId: Type.String({ pattern: '^[\\w.-]{1,100}$' }),
  quantity: Type.Integer({ minimum: 1, maximum: 100 }),
};
const NewOrder = strictObject({ items: Type.Array(strictObject(line), { minItems: 1, maxItems: 50 }) });
const Order = Type.Object({
  id: Id,
  ...PayableOrder.properties,
  createdAt: Type.String({ format: 'date-time' }),
  paymentId: nullable(Id),
  paidAt: nullable(Type.String({ format: 'date-time' })),
  items: Type.Array(Type.Object({ ...line, priceCents: Type.Integer({ minimum: 0 }) })),
});

export interface RouteParts {
  readonly store: OrderStore;
  readonly findPrices: FindPrices;
}

export function addRoutes(app: App, { store, findPrices }: RouteParts): void {
  app.post(
    '/api/orders',
    {
      schema: {
        summary: 'Places an order',
        security: signedIn,
        problems: [409, 422, ...databaseProblems],
        headers: IdempotencyHeaders,
        body: NewOrder,
        response: { 201: Order },
      },
    },
    async (request, reply) => {
      const { id: userId } = requireUser(request);
      // Priced before the transaction, so that a slow catalog holds no connection. A repeated key needs no prices, so their
      // failure counts only inside the transaction.
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
        security: signedIn,
        problems: databaseProblems,
        querystring: Type.Object(pageQuery),
        response: { 200: PageOf(Order) },
      },
    },
    async (request) => {
      const { limit = defaultLimit, cursor } = request.query;
      const before = cursor === undefined ? undefined : readCursor(Id, cursor);
      const rows = await store.list(requireUser(request).id, limit + 1, before);
      return toPage(rows, limit, ({ id }) => id);
    },
  );

  app.get(
    '/api/orders/:id',
    {
      schema: {
        summary: 'One of your orders',
        security: signedIn,
        problems: [404, ...databaseProblems],
        params: Type.Object({ id: Id }),
        response: { 200: Order },
      },
    },
    async (request) => {
      const found = await store.find(requireUser(request).id, request.params.id);
      if (found === undefined)
        throw new Problem(404, 'No such order', { detail: `You have no order ${request.params.id}.` });
      return found;
    },
  );
}
