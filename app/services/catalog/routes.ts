import { Type } from 'typebox';
import { PricedProduct } from '../../contracts/product.ts';
import type { App } from '../../kit/app.ts';
import type { Cache } from '../../kit/cache/cache.ts';
import { contentOf } from '../../kit/cache/entry.ts';
import { sendContent } from '../../kit/cache/send.ts';
import { databaseProblems } from '../../kit/openapi.ts';
import { defaultLimit, PageOf, pageQuery, readCursor, toPage } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.ts';
import { nullable } from '../../kit/schema.ts';
import { AnyQuery } from '../../kit/validate.ts';
import { renderHome } from './home.ts';
import { publicForSeconds } from './cache.ts';
import type { Product as ProductRow, ProductStore } from './product.ts';

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
  ids: Type.Optional(
    Type.String({
      pattern: String.raw`^[^,\u0000]{1,100}(,[^,\u0000]{1,100}){0,99}$`,
      description: 'Up to 100 ids, comma-separated: returns these products, leaving out unknown ids.',
    }),
  ),
});
const Position = Type.Object({ popularity: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }), id: Id });

const json = 'application/json; charset=utf-8';

export interface RouteParts {
  readonly store: ProductStore;
  readonly cache: Cache;
}

export function addRoutes(app: App, { store, cache }: RouteParts): void {
  app.get('/', { schema: { hide: true, querystring: AnyQuery } }, async (request, reply) => {
    // The parameters are no part of the key: the page does not depend on them.
    const content = await cache.get('home', async () =>
      contentOf(await renderHome(await store.list(10)), 'text/html; charset=utf-8'),
    );
    return sendContent(request, reply, content!, publicForSeconds);
  });

  app.get(
    '/api/products',
    {
      schema: {
        summary: 'Products, most popular first',
        problems: databaseProblems,
        querystring: ListQuery,
        response: { 200: PageOf(Product) },
      },
    },
    async (request, reply) => {
      const { ids, cursor, limit = defaultLimit } = request.query;
      // Prices of orders come from here, and there are too many combinations of ids to cache.
      if (ids !== undefined) {
        void reply.header('cache-control', 'no-store');
        return { items: await store.findAll(ids.split(',')), nextCursor: null };
      }
      const after = cursor === undefined ? undefined : readCursor(Position, cursor);
      const key = `list:${limit}:${after === undefined ? '' : `${after.popularity}:${after.id}`}`;
      const content = await cache.get(key, async () => {
        const { items, nextCursor } = toPage(await store.list(limit + 1, after), limit, positionOf);
        return contentOf(JSON.stringify({ items: items.map(shown), nextCursor }), json);
      });
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

const positionOf = ({ popularity, id }: ProductRow) => ({ popularity, id });
/** What clients see of a product. */
const shown = ({ popularity: _popularity, ...product }: ProductRow) => product;
