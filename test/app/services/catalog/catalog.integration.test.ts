import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { App } from '../../../../app/kit/app.ts';
import { connectDatabase } from '../../../../app/kit/database.ts';
import type { Task } from '../../../../app/kit/task.ts';
import { createApp } from '../../../../app/services/catalog/app.ts';
import type { Product } from '../../../../app/services/catalog/product.ts';
import { seedCatalogue } from '../../../../app/services/catalog/seed/seed.ts';
import { createProductStore, type CatalogTables } from '../../../../app/services/catalog/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { eventually } from '../../../support/eventually.ts';
import { readFilms } from '../../../support/films.ts';
import { silentTask } from '../../../support/task.ts';

interface Page {
  items: Product[];
  nextCursor: string | null;
}

let served: TestDatabase<'catalog'>;
let connections: Task<unknown>;
let app: App;
const countAll = `SELECT count(*)::int AS n, max(xmin::text::bigint)::text AS newest FROM catalog.products`;

beforeAll(async () => {
  served = await createDatabase('catalog');
  await seed();
  const task = silentTask(served.config.catalog);
  connections = task;
  app = createApp({ store: createProductStore(connectDatabase<CatalogTables>(task)) });
  await eventually(async () => expect((await app.inject('/api/products?limit=1')).json().items).toHaveLength(1));
});
afterAll(async () => {
  await connections.stop();
  await served.drop();
});

async function seed() {
  const client = new pg.Client(served.admin);
  await client.connect();
  await seedCatalogue(client, readFilms());
  await client.end();
}

test('seeding again writes only products that differ', async () => {
  const [before] = await adminQuery(served, countAll);
  await seed();
  expect(await adminQuery(served, countAll)).toEqual([before]);

  await adminQuery(served, `UPDATE catalog.products SET price_cents = 1 WHERE id = 'the-matrix-1999'`);
  await seed();
  const prices = await adminQuery(served, `SELECT price_cents FROM catalog.products WHERE id = 'the-matrix-1999'`);
  expect(prices).toEqual([{ price_cents: 1099 }]);
});

/** Returns all products of a list, page by page. */
async function all(query: string): Promise<Product[]> {
  const seen: Product[] = [];
  let next: string | null = `/api/products?limit=100&${query}`;
  while (next !== null) {
    const { items, nextCursor }: Page = (await app.inject(next)).json();
    seen.push(...items);
    next = nextCursor && `/api/products?limit=100&${query}&cursor=${nextCursor}`;
  }
  return seen;
}

test.each([
  ['popularity', 'The Shawshank Redemption', undefined],
  ['rating', undefined, ({ rating }: Product) => -(rating ?? 0)],
  ['newest', undefined, ({ year }: Product) => -(year ?? 0)],
  ['price', undefined, ({ priceCents }: Product) => priceCents],
  ['-price', undefined, ({ priceCents }: Product) => -priceCents],
] as const)('the pages by %s contain every product once, in that order', async (sort, first, value) => {
  const seen = await all(`sort=${sort}`);
  const [row] = await adminQuery(served, countAll);
  expect(seen).toHaveLength(Number(row?.['n']));
  expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  if (first !== undefined) expect(seen[0]?.name).toBe(first);
  const values = value === undefined ? [] : seen.map(value);
  expect(values).toEqual(values.toSorted((a, b) => a - b));
});

test('the pages of a genre contain its products only, and all of them', async () => {
  const seen = await all('genre=Western&sort=rating');
  const [row] = await adminQuery(served, `SELECT count(*)::int AS n FROM catalog.products WHERE genre = 'Western'`);
  expect(seen).toHaveLength(Number(row?.['n']));
  expect(new Set(seen.map(({ genre }) => genre))).toEqual(new Set(['Western']));
});

test.each([
  ['matrix', 'The Matrix'],
  ['the MATRI', 'The Matrix'],
  ['leon', 'Léon'],
  ['LÉON', 'Léon'],
  ['kubrick shining', 'The Shining'],
  ["ocean's eleven", "Ocean's Eleven"],
  ['oceans', "Ocean's Eleven"],
])('%s finds %s', async (words, name) => {
  expect((await all(`q=${encodeURIComponent(words)}`)).map((product) => product.name)).toContain(name);
});

test('what is found has all words, is of the genre and in the order that are asked for, page by page', async () => {
  const found = await all('q=the&genre=Comedy&sort=price');
  expect(found.length).toBeGreaterThan(100);
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  for (const { name, director, genre } of found) {
    expect(`${name} ${director}`).toMatch(/\bthe/i);
    expect(genre).toBe('Comedy');
  }
  const prices = found.map(({ priceCents }) => priceCents);
  expect(prices).toEqual(prices.toSorted((a, b) => a - b));
  expect(await all('q=matrix+kubrick')).toEqual([]);
});

test('operators of the search of PostgreSQL are no words', async () => {
  const found = await all(`q=${encodeURIComponent("'matrix':* & !the | <-> \\")}`);
  expect(found.map(({ name }) => name)).toContain('The Matrix');
});

test('a page is read through the index', async () => {
  const [plan] = await adminQuery(
    served,
    `EXPLAIN (FORMAT json) SELECT * FROM catalog.products WHERE (popularity, id) < (1000, 'm')
     ORDER BY popularity DESC, id DESC LIMIT 21`,
  );
  expect(JSON.stringify(plan)).toContain('products_by_popularity');
});

test('products are found by id and by ids', async () => {
  expect((await app.inject('/api/products/300-2007')).json()).toMatchObject({ name: '300', year: 2007 });
  const { items } = (await app.inject('/api/products?ids=300-2007,the-matrix-1999,nothing')).json();
  expect(items).toHaveLength(2);
});

test('the catalogue is read from replicas only', async () => {
  const task = silentTask({ ...served.config.catalog, DATABASE_PRIMARY: 'localhost:1' });
  const reader = createApp({ store: createProductStore(connectDatabase<CatalogTables>(task)) });
  for (const path of ['/', '/api/products', '/api/products/300-2007']) {
    expect((await reader.inject(path)).statusCode).toBe(200);
  }
  await task.stop();
});
