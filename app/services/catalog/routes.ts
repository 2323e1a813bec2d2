import { Type } from 'typebox';
import { PricedProduct } from '../../contracts/product.ts';
import type { App } from '../../kit/app.ts';
import type { Cache } from '../../kit/cache/cache.ts';
import { contentOf } from '../../kit/cache/entry.ts';
import { publicForSeconds, sendContent } from '../../kit/cache/send.ts';
import { databaseProblems } from '../../kit/openapi.ts';
import { defaultLimit, PageOf, pageQuery, readCursor, toPage } from '../../kit/page.ts';
import { invalidField, Problem } from '../../kit/problem.ts';
import { nullable } from '../../kit/schema.ts';
import { AnyQuery } from '../../kit/validate.ts';
import { renderHome } from './home.ts';
import { sorts, valueOf, type Product as ProductRow, type ProductStore, type Sort } from './product.ts';
import { wordsOf } from './words.ts';

const Product = Type.Object({
  id: PricedProduct.properties.id,
  name: Type.String(),
  priceCents: PricedProduct.properties.priceCents,
  year: nullable(Type.Integer()),
  genre: nullable(Type.String()),
  director: nullable(Type.String()),
  rating: nullable(Type.Number()),
});
// PostgreSQL's text type cannot hold NUL.
const Id = Type.String({ pattern: String.raw`^[^\u0000]{1,100}$` });
const ListQuery = Type.Object({
  ...pageQuery,
  q: Type.Optional(
    Type.String({
      pattern: String.raw`^[^\u0000]{1,100}$`,
      description:
        'Words, up to 10: returns products that have, in name or director, a word beginning with each of them.',
    }),
  ),
  genre: Type.Optional(Type.String({ pattern: String.raw`^[^\u0000]{1,100}$` })),
  sort: Type.Optional(
    Type.Enum(sorts, { default: 'popularity', description: 'Highest or newest first; `price` lowest first.' }),
  ),
  ids: Type.Optional(
    Type.String({
      pattern: String.raw`^[^,\u0000]{1,100}(,[^,\u0000]{1,100}){0,99}$`,
      description: 'Up to 100 ids, comma-separated: returns these products, leaving out unknown ids.',
    }),
  ),
});

/** Of a list with this order; others have other cursors. */
const positionIn = (sort: Sort) =>
  Type.Object({
    sort: Type.Literal(sort),
    // What the column takes.
    value: Type.Number({ minimum: 0, maximum: 2 ** 31 - 1, ...(sort !== 'rating' && { multipleOf: 1 }) }),
    id: Id,
  });

const json = 'application/json; charset=utf-8';

export interface RouteParts {
  readonly store: ProductStore;
  readonly cache: Cache;
}

export function addRoutes(app: App, { store, cache }: RouteParts): void {
  app.get('/', { schema: { hide: true, querystring: AnyQuery } }, async (request, reply) => {
    // The parameters are no part of the key: the page does not depend on them.
    const content = await cache.get('home', async () =>
      contentOf(await renderHome(await store.list({ sort: 'popularity', limit: 10 })), 'text/html; charset=utf-8'),
    );
    return sendContent(request, reply, content!, publicForSeconds);
  });

  app.get(
    '/api/products',
    {
      schema: {
        summary: 'Products: all, of a genre, or found by words',
        problems: databaseProblems,
        querystring: ListQuery,
        response: { 200: PageOf(Product) },
      },
    },
    async (request, reply) => {
      const { ids, q, genre, sort = 'popularity', cursor, limit = defaultLimit } = request.query;
      // Prices of orders come from here, and there are too many combinations of ids to cache.
      if (ids !== undefined) {
        void reply.header('cache-control', 'no-store');
        return { items: await store.findAll(ids.split(',')), nextCursor: null };
      }
      const after = cursor === undefined ? undefined : readCursor(positionIn(sort), cursor);
      const words = q === undefined ? undefined : readWords(q);
      const load = async () => {
        const rows = await store.list({ sort, limit: limit + 1, genre, words, after });
        const { items, nextCursor } = toPage(rows, limit, (last) => ({
          sort,
          value: valueOf(last, sort),
          id: last.id,
        }));
        return contentOf(JSON.stringify({ items: items.map(shown), nextCursor }), json);
      };
      // There are too many combinations of words to cache.
      const key = JSON.stringify([sort, genre, limit, after?.value, after?.id]);
      const content = words === undefined ? await cache.get(`list:${key}`, load) : await load();
      return sendContent(request, reply, content!, publicForSeconds);
    },
  );

  app.get(
    '/api/products/:id',
    {
      schema: {
        summary: 'A product',
        problems: [404, ...databaseProblems],
        params: Type.Object({ id: Id }),
        response: { 200: Product },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const content = await cache.get(`product:${id}`, async () => {
        const found = await store.find(id);
        return found && contentOf(JSON.stringify(shown(found)), json);
      });
      if (content === undefined) throw new Problem(404, 'No such product', { detail: `There is no product ${id}.` });
      return sendContent(request, reply, content, publicForSeconds);
    },
  );
}

/** @throws Problem 400 if there are no words, or too many */
function readWords(q: string): string[] {
  const words = wordsOf(q);
  if (words.length >= 1 && words.length <= 10) return words;
  throw invalidField('q', `has ${words.length} words`, 'Search for 1 to 10 words of letters or digits.');
}

/** What clients see of a product. */
const shown = ({ popularity: _popularity, ...product }: ProductRow) => product;
