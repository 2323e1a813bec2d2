import { expect, test } from '@jest/globals';
import { createApp } from '../../../../app/services/catalog/app.ts';
import type { Flag, FlagStore } from '../../../../app/services/catalog/flag.ts';
import type { Product, ProductStore } from '../../../../app/services/catalog/product.ts';

const films: Product[] = Array.from({ length: 25 }, (_, index) => ({
  id: `film-${String(index).padStart(2, '0')}`,
  name: index === 24 ? '<b>Fish & "Chips"</b>' : `Film ${index}`,
  priceCents: 499 + index,
  year: 1990 + index,
  genre: null,
  director: 'Ada',
  rating: 7.5,
  popularity: index * 10,
})).toReversed();

function memoryProducts(products: Product[]): ProductStore & FlagStore {
  return {
    flags: async () => [{ name: 'wishlists', enabled: true }],
    async list({ limit, after }) {
      const start = after === undefined ? 0 : products.findIndex(({ id }) => id === after.id) + 1;
      return products.slice(start, start + limit);
    },
    findAll: async (ids) => products.filter(({ id }) => ids.includes(id)),
    find: async (id) => products.find((product) => product.id === id),
  };
}

const app = createApp({ store: memoryProducts(films) });
const list = async (query: string) => (await app.inject(`/api/products${query}`)).json();

test('the home page shows the top ten', async () => {
  const response = await app.inject('/');
  expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(response.body.match(/<li>/g)).toHaveLength(10);
  expect(response.body).toContain('<a href="/api/products/film-23">Film 23</a>');
  expect(response.body).toContain('$5.23');
});

test('the home page escapes names', async () => {
  const { body } = await app.inject('/');
  expect(body).toContain('&lt;b&gt;Fish &amp; &quot;Chips&quot;&lt;/b&gt;');
  expect(body).not.toContain('<b>Fish');
});

test('the home page accepts any query parameter, as links to it carry tracking parameters', async () => {
  expect((await app.inject('/?utm_source=mail')).statusCode).toBe(200);
});

test('the home page of an empty shop states that it is empty', async () => {
  const { body } = await createApp({ store: memoryProducts([]) }).inject('/');
  expect(body).toContain('The shelves are empty.');
});

test('cursors lead from page to page, to the last one', async () => {
  const first = await list('');
  expect(first.items).toHaveLength(20);
  expect(first.items[0]).toEqual({
    id: 'film-24',
    name: '<b>Fish & "Chips"</b>',
    priceCents: 523,
    year: 2014,
    genre: null,
    director: 'Ada',
    rating: 7.5,
  });
  const second = await list(`?cursor=${first.nextCursor}`);
  expect(second.items.map(({ id }: Product) => id)).toEqual(['film-04', 'film-03', 'film-02', 'film-01', 'film-00']);
  expect(second.nextCursor).toBeNull();
});

test('products are found by a list of ids, without the unknown ones', async () => {
  const { items, nextCursor } = await list('?ids=film-03,nothing,film-07');
  expect(items.map(({ id }: Product) => id).toSorted()).toEqual(['film-03', 'film-07']);
  expect(nextCursor).toBeNull();
});

const cursor = (position: object) => `?cursor=${Buffer.from(JSON.stringify(position)).toString('base64url')}`;

test.each([
  ['?limit=0', 'limit'],
  ['?limit=101', 'limit'],
  ['?limit=ten', 'limit'],
  ['?cursor=bm9uc2Vuc2U', 'cursor'],
  // A position beyond PostgreSQL's integer type.
  [cursor({ sort: 'popularity', value: 2 ** 31, id: 'a' }), 'cursor'],
  [cursor({ sort: 'popularity', value: 1.5, id: 'a' }), 'cursor'],
  [`${cursor({ sort: 'rating', value: 1.5, id: 'a' })}&sort=popularity`, 'cursor'],
  ['?sort=name', 'sort'],
  ['?genre=a%00b', 'genre'],
  ['?q=', 'q'],
  ['?q=%21%21', 'q'],
  ['?q=a+b+c+d+e+f+g+h+i+j+k', 'q'],
  ['?cursor=', 'cursor'],
  [`?ids=${Array.from({ length: 101 }, () => 'x').join(',')}`, 'ids'],
  ['?ids=', 'ids'],
  ['?ids=a%00b', 'ids'],
  ['?limti=5', 'limti'],
])('the query %s is a 400 naming the field', async (query, field) => {
  expect(await list(query)).toMatchObject({ status: 400, errors: [{ field }] });
});

test('a product has its own path, and an unknown one is a 404', async () => {
  expect((await app.inject('/api/products/film-03')).json()).toMatchObject({ id: 'film-03', priceCents: 502 });
  const unknown = await app.inject('/api/products/nothing');
  expect(unknown.statusCode).toBe(404);
  expect(unknown.json()).toMatchObject({ detail: 'There is no product nothing.' });
});

/** An app whose store counts what it is asked for. */
function counting() {
  const store = memoryProducts(films);
  const asked: string[] = [];
  const counted = <T>(name: string, result: T): T => {
    asked.push(name);
    return result;
  };
  const flags: Flag[] = [{ name: 'wishlists', enabled: true }];
  return {
    asked,
    app: createApp({
      store: {
        list: (...args) => counted('list', store.list(...args)),
        find: (id) => counted('find', store.find(id)),
        findAll: (ids) => counted('findAll', store.findAll(ids)),
        flags: () => counted('flags', Promise.resolve(flags)),
      },
    }),
  };
}

const publicFor = 'public, max-age=10, s-maxage=60, stale-while-revalidate=600';

test.each([
  ['/', 'text/html; charset=utf-8'],
  ['/api/products', 'application/json; charset=utf-8'],
  ['/api/products/film-03', 'application/json; charset=utf-8'],
  ['/api/flags', 'application/json; charset=utf-8'],
])('%s asks the database once, may be stored by anybody, and is a 304 for those who have it', async (url, type) => {
  const { app: cached, asked } = counting();
  const first = await cached.inject(url);
  expect(first.headers).toMatchObject({ 'cache-control': publicFor, 'content-type': type });
  expect(first.headers['set-cookie']).toBeUndefined();
  const { etag } = first.headers as { etag: string };
  expect(etag).toMatch(/^"[\w-]{22}"$/);
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await cached.inject({ url, headers: { 'if-none-match': tag } });
    expect([again.statusCode, again.body, again.headers['etag']]).toEqual([304, '', etag]);
    expect(again.headers['cache-control']).toBe(publicFor);
  }
  const other = await cached.inject({ url, headers: { 'if-none-match': '"other"' } });
  expect([other.statusCode, other.body]).toEqual([200, first.body]);
  expect(asked).toHaveLength(1);
});

test('the same page has one place in the cache, whichever way it is written', async () => {
  const { app: cached, asked } = counting();
  const { nextCursor } = (await cached.inject('/api/products?limit=20')).json();
  for (const query of ['', '?limit=20', `?cursor=${nextCursor}`, `?limit=20&cursor=${nextCursor}`])
    await cached.inject(`/api/products${query}`);
  for (const query of ['', '?utm_source=mail', '?a=1&b=2']) await cached.inject(`/${query}`);
  expect(asked).toEqual(['list', 'list', 'list']);
});

test('products by ids, and problems, are not stored by anybody', async () => {
  const { app: cached, asked } = counting();
  for (const url of ['/api/products?ids=film-03', '/api/products/nothing', '/api/products?limit=0'])
    expect((await cached.inject(url)).headers['cache-control']).toBe('no-store');
  await cached.inject('/api/products?ids=film-03');
  await cached.inject('/api/products/nothing');
  expect(asked).toEqual(['findAll', 'find', 'findAll']);
});

test('feature flags are a list by name', async () => {
  expect((await app.inject('/api/flags')).json()).toEqual({
    items: [{ name: 'wishlists', enabled: true }],
    nextCursor: null,
  });
});
