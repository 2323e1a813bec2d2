import { Type } from 'typebox';
import { defaultLimit, pageOf, pageQuery, readCursor, toPage } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.ts';
import { nullable } from '../../kit/schema.ts';
import type { App } from '../../kit/server.ts';
import { homePage } from './home.ts';
import type { Products } from './store.ts';

const product = Type.Object({
  id: Type.String(),
  name: Type.String(),
  priceCents: Type.Integer(),
  year: nullable(Type.Integer()),
  genre: nullable(Type.String()),
  director: nullable(Type.String()),
  rating: nullable(Type.Number()),
});
// PostgreSQL's texts hold no NUL.
const id = Type.String({ pattern: String.raw`^[^\u0000]{1,100}$` });
const listQuery = Type.Object({
  ...pageQuery,
  ids: Type.Optional(
    Type.String({
      pattern: String.raw`^[^,\u0000]{1,100}(,[^,\u0000]{1,100}){0,99}$`,
      description: 'Up to 100 ids, comma-separated: answers these products, leaving out unknown ones.',
    }),
  ),
});
const position = Type.Object({ popularity: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }), id });

export function addRoutes(app: App, products: Products): void {
  app.get('/', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(homePage(await products.list(10))),
  );

  app.get(
    '/api/products',
    { schema: { querystring: listQuery, response: { 200: pageOf(product) } } },
    async (request) => {
      const { ids, cursor, limit = defaultLimit } = request.query;
      if (ids !== undefined) return { items: await products.findAll(ids.split(',')), nextCursor: null };
      const rows = await products.list(limit + 1, cursor === undefined ? undefined : readCursor(position, cursor));
      return toPage(rows, limit, (last) => ({ popularity: last.popularity, id: last.id }));
    },
  );

  app.get(
    '/api/products/:id',
    { schema: { params: Type.Object({ id }), response: { 200: product } } },
    async (request) => {
      const found = await products.find(request.params.id);
      if (!found) throw new Problem(404, undefined, { detail: `There is no product ${request.params.id}` });
      return found;
    },
  );
}
