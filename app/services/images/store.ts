import { sql, type ColumnType, type Generated, type Transaction } from 'kysely';
import type { Database } from '../../kit/database.ts';
import { deleteOld } from '../../kit/delete-old.ts';
import { once } from '../../kit/idempotency.ts';
import { Problem } from '../../kit/problem.ts';
import { maxPending, pendingMinutes, type Image, type ImageStore, type Variant } from './image.ts';

type Variants = ColumnType<Variant[], string | undefined, string>;

export interface ImagesTables {
  images: {
    user_id: string;
    id: string;
    product_id: string | null;
    status: Generated<Image['status']>;
    variants: Variants;
    reason: string | null;
    created_at: Generated<Date>;
  };
  product_images: { product_id: string; image_id: string; variants: Variants };
}

const earliestPending = () => sql<Date>`now() - make_interval(mins => ${pendingMinutes})`;

/** Reads on replicas; a customer who has just asked for an upload sees the image, which the same session wrote. */
export function createImageStore(database: Database<ImagesTables>): ImageStore {
  const { primary, replica } = database;
  return {
    add: ({ userId, key, body }, image) =>
      database.transaction((tx) =>
        once(tx, { userId, key, body }, async () => {
          // Older than the original in the bucket, so nothing can become of it any more.
          await deleteOld(tx, { table: 'images', column: 'created_at', days: 30, where: sql`status = 'pending'` });
          await refuseTooMany(tx, userId);
          await tx
            .insertInto('images')
            .values({ user_id: userId, id: image.id, product_id: body.productId ?? null })
            .execute();
          return image;
        }),
      ),

    async find(userId, id) {
      const row = await replica
        .selectFrom('images')
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .select((image) => [
          'id',
          'status',
          'variants',
          'reason',
          image('created_at', '<', earliestPending()).as('isOld'),
        ])
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { isOld, ...found } = row;
      if (found.status !== 'pending' || !isOld) return found;
      return { ...found, status: 'rejected', reason: `No upload was processed within ${pendingMinutes} minutes.` };
    },

    listOfProduct: (productId, limit, before) =>
      replica
        .selectFrom('product_images')
        .select(['image_id as id', 'variants'])
        .where('product_id', '=', productId)
        .$if(before !== undefined, (query) => query.where('image_id', '<', before!))
        .orderBy('image_id', 'desc')
        .limit(limit)
        .execute(),

    async finish({ userId, imageId, status, variants, reason = null }) {
      await primary
        .updateTable('images')
        .set({ status, variants: JSON.stringify(variants), reason })
        .where('user_id', '=', userId)
        .where('id', '=', imageId)
        .where('status', '=', 'pending')
        .execute();
      const image = await primary
        .selectFrom('images')
        .select(['status', 'product_id', 'variants'])
        .where('user_id', '=', userId)
        .where('id', '=', imageId)
        .executeTakeFirst();
      if (image?.status === 'ready' && image.product_id !== null) {
        await primary
          .insertInto('product_images')
          .values({ product_id: image.product_id, image_id: imageId, variants: JSON.stringify(image.variants) })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
      return image !== undefined;
    },
  };
}

async function refuseTooMany(tx: Transaction<ImagesTables>, userId: string): Promise<void> {
  const pending = await tx
    .selectFrom('images')
    .select('id')
    .where('user_id', '=', userId)
    .where('status', '=', 'pending')
    .where('created_at', '>=', earliestPending())
    .limit(maxPending)
    .execute();
  if (pending.length < maxPending) return;
  throw new Problem(429, 'Too many pending images', {
    detail: `You have ${maxPending} pending images, the most there may be: upload them, or try again in an hour.`,
    headers: { 'retry-after': '60' },
  });
}
