-- Up Migration

CREATE TABLE orders (
  user_id uuid NOT NULL,
  -- The order of lists: an id begins with the time.
  id uuid NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'paid')),
  total_cents bigint NOT NULL CHECK (total_cents >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  payment_id uuid,
  paid_at timestamptz,
  PRIMARY KEY (user_id, id),
  CHECK ((status = 'paid') = (payment_id IS NOT NULL AND paid_at IS NOT NULL))
);

CREATE TABLE order_items (
  user_id uuid NOT NULL,
  order_id uuid NOT NULL,
  position smallint NOT NULL,
  product_id text NOT NULL,
  quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 100),
  -- The price of one at the time of the order.
  price_cents bigint NOT NULL CHECK (price_cents >= 0),
  PRIMARY KEY (user_id, order_id, position),
  FOREIGN KEY (user_id, order_id) REFERENCES orders
);
