import { sql } from 'kysely';
import type { Database } from '../../kit/database.ts';
import type { Flag, FlagStore } from './flag.ts';
import type { Product, ProductStore } from './product.ts';

export interface CatalogTables {
  products: Omit<Product, 'priceCents'> & { price_cents: number };
  flags: Flag;
}

export function createProductStore({ replica }: Database<CatalogTables>): ProductStore & FlagStore {
  const select = () =>
    replica
      .selectFrom('products')
      .select(['id', 'name', 'price_cents as priceCents', 'year', 'genre', 'director', 'rating', 'popularity']);

  return {
    list: (limit, after) =>
      select()
        .$if(after !== undefined, (query) =>
          query.where(sql<boolean>`(popularity, id) < (${after?.popularity}, ${after?.id})`),
        )
        .orderBy('popularity', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
    findAll: (ids) => select().where('id', 'in', ids).execute(),
    find: (id) => select().where('id', '=', id).executeTakeFirst(),
    flags: () => replica.selectFrom('flags').select(['name', 'enabled']).orderBy('name').execute(),
  };
}
