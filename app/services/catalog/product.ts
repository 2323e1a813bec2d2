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

/** The orders of a list: all descend, but `price`. Products without a rating or a year come last. */
export const sorts = ['popularity', 'rating', 'newest', 'price', '-price'] as const;
export type Sort = (typeof sorts)[number];

/** Where a page ends: at a value of what its list is ordered by, and of those with the same value at an id. */
export interface Position {
  value: number;
  id: string;
}

export interface ProductQuery {
  readonly sort: Sort;
  readonly limit: number;
  readonly genre?: string;
  /** Words in lower case, without accents, that all begin a word of the name or the director. */
  readonly words?: readonly string[];
  readonly after?: Position;
}

/** Returns what a product is ordered by. */
export function valueOf({ popularity, rating, year, priceCents }: Product, sort: Sort): number {
  if (sort === 'popularity') return popularity;
  if (sort === 'rating') return rating ?? 0;
  return sort === 'newest' ? (year ?? 0) : priceCents;
}

export interface ProductStore {
  /** Returns at most `limit` products, those that follow `after`. */
  list(query: ProductQuery): Promise<Product[]>;
  /** Returns products in no particular order, leaving out unknown ids. */
  findAll(ids: readonly string[]): Promise<Product[]>;
  find(id: string): Promise<Product | undefined>;
}
