import { sql } from 'kysely';
import type { Database } from '../../kit/database.ts';
import type { Product, ProductStore } from './product.ts';

export interface CatalogTables {
  products: Omit<Product, 'priceCents'> & { price_cents: number };
}

export function createProductStore({ replica }: Database<CatalogTables>): ProductStore {
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
  };
}
