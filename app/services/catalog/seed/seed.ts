import type { ClientBase } from 'pg';
import type { Product } from '../product.ts';
import { wordsOf } from '../words.ts';
import { demoProducts, type Movie } from './products.ts';

/** Rows per statement. */
const batchSize = 500;

/** Inserts the films as products. Existing products are updated, but only if they differ. */
export async function seedCatalogue(client: ClientBase, movies: readonly Movie[]): Promise<void> {
  const products = demoProducts(movies);
  for (let start = 0; start < products.length; start += batchSize) {
    const rows = products
      .slice(start, start + batchSize)
      .map((product) => Object.assign({ words: words(product) }, product));
    await client.query(upsert, [JSON.stringify(rows)]);
  }
}

const words = ({ name, director }: Product) => wordsOf(`${name} ${director ?? ''}`).join(' ');

const upsert = `
  INSERT INTO catalog.products AS product (id, name, price_cents, year, genre, director, rating, popularity, words)
  SELECT id, name, "priceCents", year, genre, director, rating, popularity, words
  FROM jsonb_to_recordset($1::jsonb) AS film (id text, name text, "priceCents" integer, year integer, genre text,
    director text, rating double precision, popularity integer, words text)
  ON CONFLICT (id) DO UPDATE SET (name, price_cents, year, genre, director, rating, popularity, words) =
    (excluded.name, excluded.price_cents, excluded.year, excluded.genre, excluded.director, excluded.rating,
     excluded.popularity, excluded.words)
  WHERE product IS DISTINCT FROM excluded`;
