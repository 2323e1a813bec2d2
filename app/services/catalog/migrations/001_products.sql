-- Up Migration

CREATE TABLE products (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  price_cents integer NOT NULL CHECK (price_cents > 0),
  year integer,
  genre text,
  director text,
  rating double precision,
  popularity integer NOT NULL
);

-- The order of every list; both columns descend, so that a page is one range of the index.
CREATE INDEX products_by_popularity ON products (popularity DESC, id DESC);
