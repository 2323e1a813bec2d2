-- Up Migration

CREATE TABLE products (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  price_cents integer NOT NULL CHECK (price_cents > 0),
  year integer,
  genre text COLLATE "C",
  director text,
  rating double precision,
  popularity integer NOT NULL,
  -- What it is found by: the words of its name and director, in lower case and without accents.
  words text NOT NULL
);

-- The orders of lists, of all products and of a genre: a page is one range of an index, read in either direction.
CREATE INDEX products_by_popularity ON products (popularity DESC, id DESC);
CREATE INDEX products_by_rating ON products ((coalesce(rating, 0)) DESC, id DESC);
CREATE INDEX products_by_year ON products ((coalesce(year, 0)) DESC, id DESC);
CREATE INDEX products_by_price ON products (price_cents DESC, id DESC);
CREATE INDEX products_by_genre_popularity ON products (genre, popularity DESC, id DESC);
CREATE INDEX products_by_genre_rating ON products (genre, (coalesce(rating, 0)) DESC, id DESC);
CREATE INDEX products_by_genre_year ON products (genre, (coalesce(year, 0)) DESC, id DESC);
CREATE INDEX products_by_genre_price ON products (genre, price_cents DESC, id DESC);

CREATE INDEX products_by_words ON products USING gin (to_tsvector('simple', words));
