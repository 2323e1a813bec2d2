import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** The objects of the uploads bucket. */
export interface Objects {
  /** Returns the bytes of an object, `too large` without reading it, or undefined if it is gone. */
  readonly read: (key: string, maxBytes: number) => Promise<Uint8Array | 'too large' | undefined>;
  /** Writes an object whose bytes never change. */
  readonly write: (key: string, bytes: Uint8Array, contentType: string) => Promise<void>;
}

export const createObjects = (s3: S3Client, Bucket: string): Objects => ({
  async read(Key, maxBytes) {
    try {
      const { Body, ContentLength = 0 } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      if (ContentLength <= maxBytes) return await Body!.transformToByteArray();
      // Frees the connection.
      (Body as unknown as { destroy(): void }).destroy();
      return 'too large';
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  },
  async write(Key, Body, ContentType) {
    const CacheControl = 'public, max-age=31536000, immutable';
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType, CacheControl }));
  },
});
