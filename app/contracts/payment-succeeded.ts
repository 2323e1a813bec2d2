import { Type } from 'typebox';

/**
 * Published by `payments` when a payment has succeeded, and again, with the same event id, until `orders` has responded with
 * `order.paid`; `orders` and `mailer` receive it. While a deployment is under
 * way, either side may be older: a new property is optional at first, and none is removed while a receiver uses it.
 */
export const PaymentSucceeded = {
  type: 'payment.succeeded',
  payload: Type.Object({
    userId: Type.String({ format: 'uuid' }),
    orderId: Type.String({ format: 'uuid' }),
    paymentId: Type.String({ format: 'uuid' }),
    /** The address of the customer who paid. */
    email: Type.String({ format: 'email' }),
    amountCents: Type.Integer({ minimum: 0 }),
  }),
} as const;
