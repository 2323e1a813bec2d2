import { ImageProcessed } from '../../contracts/image-processed.ts';
import { payloadOf, type Event } from '../../kit/events.ts';
import { PermanentError } from '../../kit/permanent-error.ts';
import type { ImageStore } from './image.ts';

/** Stores what became of an upload. A repetition, or another event about the same image, changes nothing. */
export async function handleProcessed({ store }: { store: Pick<ImageStore, 'finish'> }, event: Event): Promise<void> {
  const processed = payloadOf(event, ImageProcessed);
  // An image is stored before its form is returned.
  if (!(await store.finish(processed)))
    throw new PermanentError(`Event ${event.id} is about image ${processed.imageId}, which does not exist`);
}
