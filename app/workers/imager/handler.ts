import { createHash } from 'node:crypto';
import { maxUploadBytes } from '../../contracts/upload.ts';
import type { Logger } from '../../kit/log.ts';
import type { Objects } from './objects.ts';
import type { ProcessedStore } from './store.ts';
import type { Upload } from './upload.ts';
import { Rejected, type Variant } from './variants.ts';

export interface HandlerParts {
  readonly objects: Objects;
  readonly store: ProcessedStore;
  /** @throws Rejected if the bytes are no image that is shown */
  readonly makeVariants: (bytes: Uint8Array) => Promise<Variant[]>;
  readonly log: Logger;
}

/**
 * Makes the variants of an upload and publishes them, or why there are none. The names of the variants follow from their content,
 * and what became of the image is stored once, with its event: whatever is done again after a crash changes nothing. What is uploaded
 * to the same key later is ignored.
 */
export async function handleUpload({ objects, store, makeVariants, log }: HandlerParts, upload: Upload): Promise<void> {
  const { key, userId, imageId } = upload;
  if (await store.has(upload)) return log.info({ imageId }, 'the image was processed before');
  const bytes = await objects.read(key, maxUploadBytes);
  if (bytes === undefined) return log.warn({ imageId }, 'the upload is gone');
  try {
    if (bytes === 'too large') throw new Rejected(`The file has more than ${maxUploadBytes / 1_000_000} MB.`);
    const variants = [];
    for (const { bytes: content, contentType, width, height } of await makeVariants(bytes)) {
      const variant = { key: keyOf(imageId, width, contentType, content), contentType, width, height };
      await objects.write(variant.key, content, contentType);
      variants.push(variant);
    }
    await store.add({ userId, imageId, status: 'ready', variants });
    log.info({ imageId, variants: variants.length }, 'an image is ready');
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    await store.add({ userId, imageId, status: 'rejected', variants: [], reason: error.message });
    log.info({ imageId, err: error.cause, reason: error.message }, 'an image is rejected');
  }
}

function keyOf(imageId: string, width: number, contentType: string, content: Uint8Array): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return `media/${imageId}/${width}-${hash}.${contentType === 'image/webp' ? 'webp' : 'jpg'}`;
}
