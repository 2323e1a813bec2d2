import { Readable } from 'node:stream';

import type { HopResponse } from '../../../http/hop.ts';

/**
 * Reads a body of at most `limit` bytes. Returns the bytes, or a body that yields the same for one that is longer.
 * @throws Error if the body fails
 */
export async function readBody(body: HopResponse['body'], limit: number): Promise<Uint8Array | Readable> {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    chunks.push(next.value);
    size += next.value.byteLength;
    if (size > limit) {
      const whole = Readable.from(rest(chunks, iterator), { objectMode: false });
      return whole.once('close', () => body.destroy());
    }
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

async function* rest(chunks: readonly Uint8Array[], iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
}
