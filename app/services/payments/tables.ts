import type { Generated } from 'kysely';
import type { Payment } from './payment.ts';

export interface PaymentRow {
  id: Generated<string>;
  order_id: string;
  user_id: string;
  email: string;
  amount_cents: number;
  status: Generated<Payment['status']>;
  idempotency_key: string | null;
  request_hash: string;
  settle_after: Generated<Date>;
}

export interface PaymentsTables {
  payments: PaymentRow;
  unconfirmed: { payment_id: string };
}
