import type { Static } from 'typebox';
import type { ImageProcessed } from '../../contracts/image-processed.ts';

export type Processed = Static<typeof ImageProcessed.payload>;
export type Variant = Processed['variants'][number];

export interface Image {
  readonly id: string;
  readonly status: 'pending' | Processed['status'];
  readonly variants: readonly Variant[];
  /** Why it was rejected; null if it was not. */
  readonly reason: string | null;
}

export type ProductImage = Pick<Image, 'id' | 'variants'>;

/** The form with which a client uploads the image to S3. */
export interface Upload {
  readonly url: string;
  /** In front of the file. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface NewImage {
  readonly id: string;
  readonly upload: Upload;
}

/** Most images of a user that are pending at a time; requests that come at once may pass it by their number. */
export const maxPending = 20;

/** How long an image is pending. After that it is shown as rejected, until its event comes after all. */
export const pendingMinutes = 60;

export interface ImageStore {
  /**
   * Stores a pending image and returns it. With a key that was used before, returns the image of the first request.
   * @throws Problem 429 if the user has `maxPending` pending images
   */
  add(
    request: { userId: string; key: string | undefined; body: { productId?: string } },
    image: NewImage,
  ): Promise<NewImage>;
  find(userId: string, id: string): Promise<Image | undefined>;
  /** Returns at most `limit` images of a product that are ready, newest first, those older than the image `before`. */
  listOfProduct(productId: string, limit: number, before: string | undefined): Promise<ProductImage[]>;
  /** Stores what became of an image, unless that is stored already. Returns whether the image exists. */
  finish(processed: Processed): Promise<boolean>;
}
