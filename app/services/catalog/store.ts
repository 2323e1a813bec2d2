import { sql, type RawBuilder } from 'kysely';
import type { Database } from '../../kit/database.ts';
import type { Flag, FlagStore } from './flag.ts';
import type { Product, ProductQuery, ProductStore, Sort } from './product.ts';

export interface CatalogTables {
  products: Omit<Product, 'priceCents'> & { price_cents: number; words: string };
  flags: Flag;
}

/** What a list is ordered by, as the indexes have it. */
function columnOf(sort: Sort): RawBuilder<number> {
  if (sort === 'popularity') return sql`popularity`;
  if (sort === 'rating') return sql`coalesce(rating, 0)`;
  return sort === 'newest' ? sql`coalesce(year, 0)` : sql`price_cents`;
}

/** Returns the search for texts that have a word with each of these beginnings. */
const allOf = (words: ProductQuery['words'] & object): string => words.map((word) => `${word}:*`).join(' & ');

export function createProductStore({ replica }: Database<CatalogTables>): ProductStore & FlagStore {
  const select = () =>
    replica
      .selectFrom('products')
      .select(['id', 'name', 'price_cents as priceCents', 'year', 'genre', 'director', 'rating', 'popularity']);

  return {
    list({ sort, limit, genre, words, after }) {
      const direction = sort === 'price' ? 'asc' : 'desc';
      const column = columnOf(sort);
      let query = select().orderBy(column, direction).orderBy('id', direction).limit(limit);
      if (genre !== undefined) query = query.where('genre', '=', genre);
      if (words)
        query = query.where(sql<boolean>`to_tsvector('simple', words) @@ to_tsquery('simple', ${allOf(words)})`);
      if (after) {
        const position = sql`(${after.value}, ${after.id})`;
        query = query.where(sql<boolean>`(${column}, id) ${sql.raw(direction === 'asc' ? '>' : '<')} ${position}`);
      }
      return query.execute();
    },
    findAll: (ids) => select().where('id', 'in', ids).execute(),
    find: (id) => select().where('id', '=', id).executeTakeFirst(),
    flags: () => replica.selectFrom('flags').select(['name', 'enabled']).orderBy('name').execute(),
  };
}
