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

test('the pages contain every product once, the most popular first', async () => {
  const seen: Product[] = [];
  let next: string | null = '/api/products?limit=100';
  while (next !== null) {
    const { items, nextCursor }: Page = (await app.inject(next)).json();
    seen.push(...items);
    next = nextCursor && `/api/products?limit=100&cursor=${nextCursor}`;
  }
  const [row] = await adminQuery(served, countAll);
  expect(seen).toHaveLength(Number(row?.['n']));
  expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  expect(seen[0]?.name).toBe('The Shawshank Redemption');
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
