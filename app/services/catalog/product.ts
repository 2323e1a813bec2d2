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

/** Where a page ends: lists are ordered by popularity, then id, both descending. */
export interface Position {
  popularity: number;
  id: string;
}

export interface ProductStore {
  /** Returns at most `limit` products, those that follow `after`. */
  list(limit: number, after?: Position): Promise<Product[]>;
  /** Returns products in no particular order, leaving out unknown ids. */
  findAll(ids: readonly string[]): Promise<Product[]>;
  find(id: string): Promise<Product | undefined>;
}
