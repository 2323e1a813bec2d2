/** What a customer asks for. */
export interface Line {
  readonly productId: string;
  readonly quantity: number;
}

export interface PricedLine extends Line {
  /** What one costs at the time of the order. */
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
  readonly items: PricedLine[];
}
