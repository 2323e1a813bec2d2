import { Type } from 'typebox';
import { PricedProduct } from '../../contracts/product.ts';
import type { App } from '../../kit/app.ts';
import { databaseProblems } from '../../kit/openapi.ts';
import { defaultLimit, PageOf, pageQuery, readCursor, toPage } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.ts';
import { nullable } from '../../kit/schema.ts';
import { AnyQuery } from '../../kit/validate.ts';
import { renderHome } from './home.ts';
import type { ProductStore } from './product.ts';

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

export interface RouteParts {
  readonly store: ProductStore;
}

export function addRoutes(app: App, { store }: RouteParts): void {
  app.get('/', { schema: { hide: true, querystring: AnyQuery } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(await renderHome(await store.list(10))),
  );

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
    async (request) => {
      const { ids, cursor, limit = defaultLimit } = request.query;
      if (ids !== undefined) return { items: await store.findAll(ids.split(',')), nextCursor: null };
      const rows = await store.list(limit + 1, cursor === undefined ? undefined : readCursor(Position, cursor));
      return toPage(rows, limit, ({ popularity, id }) => ({ popularity, id }));
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
    async (request) => {
      const found = await store.find(request.params.id);
      if (found === undefined)
        throw new Problem(404, 'No such product', { detail: `There is no product ${request.params.id}.` });
      return found;
    },
  );
}
