import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { connectCache } from '../../../../app/kit/cache/connect.ts';
import { contentOf } from '../../../../app/kit/cache/entry.ts';
import { connectDatabase } from '../../../../app/kit/database.ts';
import { createCatalogCache } from '../../../../app/services/catalog/cache.ts';
import { seedCatalogue } from '../../../../app/services/catalog/seed/seed.ts';
import { createProductStore, type CatalogTables } from '../../../../app/services/catalog/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { eventually } from '../../../support/eventually.ts';
import { readFilms } from '../../../support/films.ts';
import { silentTask } from '../../../support/task.ts';

const hour = 3_600_000;
const now = Date.now;
let served: TestDatabase<'catalog'>;
beforeAll(async () => {
  served = await createDatabase('catalog');
  const client = new pg.Client(served.admin);
  await client.connect();
  await seedCatalogue(client, readFilms());
  await client.end();
});
afterEach(() => void (Date.now = now));
afterAll(() => served.drop());

/** Draws indexes below `size`, each as often as Zipf's law says, with exponent 1: the first twice as often as the second. */
function zipf(size: number): () => number {
  let sum = 0;
  const upTo = Float64Array.from({ length: size }, (_, i) => (sum += 1 / (i + 1)));
  return () => {
    const at = Math.random() * sum;
    return upTo.findIndex((each) => each >= at);
  };
}

test('in 90 minutes with 50 requests a second at two tasks, 1,000 products are 99 % fewer queries, and what expires is loaded again', async () => {
  const products = await adminQuery(served, 'SELECT id FROM catalog.products ORDER BY popularity DESC LIMIT 1000');
  const task = silentTask({
    ...served.config.catalog,
    DATABASE_REPLICAS: '',
    CACHE_ENDPOINT: process.env['TEST_REDIS'] ?? '',
    CACHE_USER: 'default',
    CACHE_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
  });
  const store = createProductStore(connectDatabase<CatalogTables>(task));
  const layers = [connectCache(task), connectCache(task)];
  const caches = layers.map((shared) => createCatalogCache(shared));
  task.listening();
  await eventually(async () => expect(layers.map((each) => each.isListening())).toEqual([true, true]));
  let passedMs = 0;
  Date.now = () => now() + passedMs;

  let queries = 0;
  /** Returns how old the product is that a task has, in ms. */
  const ageAt = async (cache: (typeof caches)[number], id: string) => {
    const content = await cache.get(`zipf:${id}`, async () => {
      queries += 1;
      const at = Date.now();
      return contentOf(`${at} ${JSON.stringify(await store.find(id))}`, 'text/plain');
    });
    return Date.now() - Number.parseInt(content!.body.toString(), 10);
  };

  const draw = zipf(products.length);
  let requests = 0;
  for (let minute = 0; minute < 90; minute += 1) {
    const old = new Map<string, () => Promise<void>>();
    const request = async (i: number) => {
      const [task_, id] = [i % 2, String(products[draw()]!['id'])];
      requests += 1;
      const age = await ageAt(caches[task_]!, id);
      expect(age < 2 * hour).toBe(true);
      if (age >= hour)
        old.set(`${task_} ${id}`, async () => expect(await ageAt(caches[task_]!, id)).toBeLessThan(hour));
    };
    await Promise.all(Array.from({ length: 3_400 }, (_, i) => request(i)));
    await Promise.all([...old.values()].map((isLoadedAgain) => eventually(isLoadedAgain, 15_000, 20)));
    passedMs += 60_000;
  }
  await task.stop();
  // More requests in this time would be no more queries: a product is loaded once in each time to live.
  expect(queries).toBeLessThan(requests / 100);
});
