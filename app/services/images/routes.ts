import { Type } from 'typebox';
import { v7 as uuidv7 } from 'uuid';
import { ImageProcessed } from '../../contracts/image-processed.ts';
import type { App } from '../../kit/app.ts';
import { contentOf } from '../../kit/cache/entry.ts';
import { publicForSeconds, sendContent } from '../../kit/cache/send.ts';
import { IdempotencyHeaders } from '../../kit/idempotency.ts';
import { databaseProblems, signedIn } from '../../kit/openapi.ts';
import { defaultLimit, PageOf, pageQuery, readCursor, toPage } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.ts';
import { strictObject } from '../../kit/schema.ts';
import { requireUser } from '../../kit/sessions.ts';
import type { ImageStore, Variant } from './image.ts';
import { contentTypes, type SignUpload } from './upload.ts';

const Id = Type.String({ format: 'uuid' });
// At most as long as the catalog's ids, and of characters that a URL carries unchanged.
const ProductId = Type.String({ pattern: '^[\\w.-]{1,100}$' });
const NewImage = strictObject({ contentType: Type.Enum(contentTypes), productId: Type.Optional(ProductId) });
const Upload = Type.Object({ url: Type.String(), fields: Type.Record(Type.String(), Type.String()) });
const { contentType, width, height } = ImageProcessed.payload.properties.variants.items.properties;
const variants = Type.Array(Type.Object({ width, height, contentType, url: Type.String() }));
const Image = Type.Object({
  id: Id,
  status: Type.Enum(['pending', 'ready', 'rejected']),
  variants,
  /** Why it was rejected. */
  reason: Type.Optional(Type.String()),
});
const ProductImage = Type.Object({ id: Id, variants });

/** The CDN serves the objects under `media/` at their keys. */
const shown = <T extends { readonly variants: readonly Variant[] }>(image: T) => ({
  ...image,
  variants: image.variants.map(({ key, ...variant }) => ({ ...variant, url: `/${key}` })),
});

export interface RouteParts {
  readonly store: ImageStore;
  readonly signUpload: SignUpload;
}

export function addRoutes(app: App, { store, signUpload }: RouteParts): void {
  app.post(
    '/api/images',
    {
      schema: {
        summary: 'Returns a form that uploads an image to S3: send its fields, then the file as the field `file`',
        security: signedIn,
        problems: [409, 422, ...databaseProblems],
        headers: IdempotencyHeaders,
        body: NewImage,
        response: { 201: Type.Object({ id: Id, upload: Upload }) },
      },
    },
    async (request, reply) => {
      const { id: userId } = requireUser(request);
      const { body } = request;
      const id = uuidv7();
      const upload = await signUpload({ userId, id, contentType: body.contentType });
      const added = await store.add({ userId, key: request.headers['idempotency-key'], body }, { id, upload });
      return reply.code(201).header('cache-control', 'no-store').send(added);
    },
  );

  app.get(
    '/api/images/:id',
    {
      schema: {
        summary: 'What became of one of your images',
        security: signedIn,
        problems: [404, ...databaseProblems],
        params: Type.Object({ id: Id }),
        response: { 200: Image },
      },
    },
    async (request) => {
      const found = await store.find(requireUser(request).id, request.params.id);
      if (found === undefined)
        throw new Problem(404, 'No such image', { detail: `You have no image ${request.params.id}.` });
      const { reason, ...image } = shown(found);
      return { ...image, ...(reason !== null && { reason }) };
    },
  );

  app.get(
    '/api/products/:id/images',
    {
      schema: {
        summary: 'Images of a product, newest first',
        problems: databaseProblems,
        params: Type.Object({ id: ProductId }),
        querystring: Type.Object(pageQuery),
        response: { 200: PageOf(ProductImage) },
      },
    },
    async (request, reply) => {
      const { limit = defaultLimit, cursor } = request.query;
      const before = cursor === undefined ? undefined : readCursor(Id, cursor);
      const rows = await store.listOfProduct(request.params.id, limit + 1, before);
      const { items, nextCursor } = toPage(rows, limit, ({ id }) => id);
      const content = contentOf(
        JSON.stringify({ items: items.map(shown), nextCursor }),
        'application/json; charset=utf-8',
      );
      return sendContent(request, reply, content, publicForSeconds);
    },
  );
}
