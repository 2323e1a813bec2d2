import { Type } from 'typebox';
import { credentialsOf } from '../../kit/api-keys.ts';
import type { App } from '../../kit/app.ts';
import { IdempotencyHeaders } from '../../kit/idempotency.ts';
import { databaseProblems, signedIn } from '../../kit/openapi.ts';
import { strictObject } from '../../kit/schema.ts';
import { requireUser } from '../../kit/sessions.ts';
import { pay, type PayParts } from './pay.ts';

const NewPayment = strictObject({
  orderId: Type.String({ format: 'uuid' }),
  cardToken: Type.String({ minLength: 1, maxLength: 200 }),
});
const Payment = Type.Object({
  id: Type.String({ format: 'uuid' }),
  status: Type.Literal('succeeded'),
  amountCents: Type.Integer(),
});

export interface RouteParts extends PayParts {
  /** Called when an event may have been committed. */
  readonly onCommit: () => void;
}

export function addRoutes(app: App, parts: RouteParts): void {
  app.post(
    '/api/payments',
    {
      config: { priority: 'payment' },
      schema: {
        summary: 'Pays an order',
        security: signedIn,
        problems: [402, 404, 409, 422, ...databaseProblems],
        headers: IdempotencyHeaders,
        body: NewPayment,
        response: { 201: Payment },
      },
    },
    async (request, reply) => {
      const { id, amountCents } = await pay(parts, {
        user: requireUser(request),
        credentials: credentialsOf(request),
        ...request.body,
        idempotencyKey: request.headers['idempotency-key'],
      });
      parts.onCommit();
      return reply.code(201).send({ id, status: 'succeeded' as const, amountCents });
    },
  );
}
