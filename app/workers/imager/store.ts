import type { Static } from 'typebox';
import { ImageProcessed } from '../../contracts/image-processed.ts';
import type { Database } from '../../kit/database.ts';
import { deleteOld } from '../../kit/delete-old.ts';
import { appendEvent } from '../../kit/outbox.ts';

export interface ImagerTables {
  processed: { user_id: string; image_id: string };
}

type Result = Static<(typeof ImageProcessed)['payload']>;
type Image = Pick<Result, 'userId' | 'imageId'>;

/** Longer than a notification can be delivered again: 14 days in the queue, 14 dead, 14 after a redrive. */
const rememberedDays = 45;

/** The uploads that were dealt with. */
export interface ProcessedStore {
  readonly has: (image: Image) => Promise<boolean>;
  /** Stores what became of an image, with its event. Does nothing, and returns false, if that was stored before. */
  readonly add: (result: Result) => Promise<boolean>;
}

export const createProcessedStore = (database: Database<ImagerTables>): ProcessedStore => ({
  async has({ userId, imageId }) {
    const row = await database.primary
      .selectFrom('processed')
      .select('image_id')
      .where('user_id', '=', userId)
      .where('image_id', '=', imageId)
      .executeTakeFirst();
    return row !== undefined;
  },

  add: (result) =>
    database.transaction(async (tx) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('processed')
        .values({ user_id: result.userId, image_id: result.imageId })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 0n) return false;
      await deleteOld(tx, { table: 'processed', column: 'processed_at', days: rememberedDays });
      await appendEvent(tx, ImageProcessed, result);
      return true;
    }),
});
