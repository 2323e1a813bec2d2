import { Type } from 'typebox';

/** Published by `imager` when it has dealt with an upload, for good; `images` receives it. */
export const ImageProcessed = {
  type: 'image.processed',
  payload: Type.Object({
    userId: Type.String({ format: 'uuid' }),
    imageId: Type.String({ format: 'uuid' }),
    status: Type.Enum(['ready', 'rejected']),
    /** Each width once for each format; empty if it was rejected. */
    variants: Type.Array(
      Type.Object({
        /** In the uploads bucket, under `media/`: the path at the CDN. The name changes with the content. */
        key: Type.String(),
        contentType: Type.Enum(['image/webp', 'image/jpeg', 'image/avif']),
        /** In pixels, as measured. */
        width: Type.Integer({ minimum: 1 }),
        height: Type.Integer({ minimum: 1 }),
      }),
    ),
    /** For the user: why it was rejected. */
    reason: Type.Optional(Type.String()),
  }),
} as const;
