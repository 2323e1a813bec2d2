import { Type } from 'typebox';

/**
 * Published by `orders` each time it has received `payment.succeeded` and its order is marked as paid; `payments` receives
 * it, and stops publishing that event again.
 */
export const OrderPaid = {
  type: 'order.paid',
  payload: Type.Object({
    userId: Type.String({ format: 'uuid' }),
    orderId: Type.String({ format: 'uuid' }),
    paymentId: Type.String({ format: 'uuid' }),
  }),
} as const;
