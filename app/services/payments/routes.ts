import { Type } from 'typebox';
import { idempotencyHeaders } from '../../kit/idempotency.ts';
import type { App } from '../../kit/server.ts';
import { requireUser } from '../../kit/sessions.ts';
import { pay, type PayParts } from './pay.ts';

const body = Type.Object(
  { orderId: Type.String({ format: 'uuid' }), cardToken: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
);

const answer = Type.Object({
  id: Type.String({ format: 'uuid' }),
  status: Type.Literal('succeeded'),
  amountCents: Type.Integer(),
});

/** `announced` is called when an event may have been committed. */
export function paymentRoutes(app: App, parts: PayParts, announced: () => void): void {
  app.post(
    '/api/payments',
    { schema: { summary: 'Pays an order', headers: idempotencyHeaders, body, response: { 201: answer } } },
    async (request, reply) => {
      const { id, amountCents } = await pay(parts, {
        user: requireUser(request),
        cookie: request.headers.cookie ?? '',
        ...request.body,
        idempotencyKey: request.headers['idempotency-key'],
      });
      announced();
      return reply.code(201).send({ id, status: 'succeeded' as const, amountCents });
    },
  );
}
