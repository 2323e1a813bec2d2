import { sql } from 'kysely';
import type { Database } from '../../kit/database.ts';

export interface Product {
  id: string;
  name: string;
  priceCents: number;
  year: number | null;
  genre: string | null;
  director: string | null;
  /** 0 to 10. */
  rating: number | null;
  popularity: number;
}

export interface Tables {
  products: Omit<Product, 'priceCents'> & { price_cents: number };
}

/** Where a page ends: lists go from the most to the least popular, then by id. */
export interface Position {
  popularity: number;
  id: string;
}

export interface Products {
  list(limit: number, after?: Position): Promise<Product[]>;
  /** In no particular order; unknown ids are left out. */
  findAll(ids: readonly string[]): Promise<Product[]>;
  find(id: string): Promise<Product | undefined>;
}

export function createProducts({ replica }: Database<Tables>): Products {
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
