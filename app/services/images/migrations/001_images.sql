-- Up Migration

CREATE TABLE images (
  user_id uuid NOT NULL,
  id uuid NOT NULL,
  product_id text,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'ready', 'rejected')),
  -- Of a ready image, as in the event: key, contentType, width, height.
  variants jsonb NOT NULL DEFAULT '[]',
  reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, id)
);
-- For the number of pending images of a user.
CREATE INDEX ON images (user_id, created_at) WHERE status = 'pending';
-- For the deletion of those of which nothing has become.
CREATE INDEX ON images (created_at) WHERE status = 'pending';

-- The ready images of a product, of all users.
CREATE TABLE product_images (
  product_id text COLLATE "C" NOT NULL,
  -- The order of lists: an id begins with the time.
  image_id uuid NOT NULL,
  variants jsonb NOT NULL,
  PRIMARY KEY (product_id, image_id)
);
