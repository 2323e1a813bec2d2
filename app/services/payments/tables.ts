import type { Generated } from 'kysely';
import type { Payment } from './payment.ts';

export interface PaymentRow {
  user_id: string;
  id: string;
  order_id: string;
  email: string;
  amount_cents: number;
  status: Generated<Payment['status']>;
  idempotency_key: string | null;
  request_hash: string;
  settle_after: Generated<Date>;
}

export interface PaymentsTables {
  payments: PaymentRow;
  unconfirmed: { user_id: string; payment_id: string };
}
