/** What a customer asks for. */
export interface Line {
  readonly productId: string;
  readonly quantity: number;
}

export interface PricedLine extends Line {
  /** The price of one at the time of the order. */
  readonly priceCents: number;
}

export interface NewOrder {
  readonly userId: string;
  readonly totalCents: number;
  readonly items: PricedLine[];
}

export interface Order {
  readonly id: string;
  readonly status: 'pending' | 'paid';
  readonly totalCents: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The payment that paid it, and when that succeeded, ISO 8601; null while it is pending. */
  readonly paymentId: string | null;
  readonly paidAt: string | null;
  readonly items: PricedLine[];
}

export interface OrderStore {
  /** Stores the order that `work` returns. With a key that was used before, returns its order without calling `work`. */
  place(
    request: { userId: string; key: string | undefined; body: unknown },
    work: () => Promise<NewOrder>,
  ): Promise<Order>;
  find(userId: string, id: string): Promise<Order | undefined>;
  /** Returns at most `limit` orders, newest first, those older than the order `before`. */
  list(userId: string, limit: number, before: string | undefined): Promise<Order[]>;
  /**
   * Marks the order as paid by this payment, unless one has paid it, and stores the event that says so to `payments`, each
   * time. Returns whether the order exists; without it, does nothing.
   */
  markPaid(userId: string, orderId: string, payment: { id: string; succeededAt: string }): Promise<boolean>;
}
