import type { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { keyOfUpload, maxUploadBytes } from '../../contracts/upload.ts';
import type { Upload } from './image.ts';

/** Pixels in common formats: no SVG, which can run scripts, and nothing that takes other programs to read. */
export const contentTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const;
export type ContentType = (typeof contentTypes)[number];

/** How long a form may be sent, in seconds. */
export const validSeconds = 600;

export type SignUpload = (image: {
  readonly userId: string;
  readonly id: string;
  readonly contentType: ContentType;
}) => Promise<Upload>;

/**
 * Signs forms for one object, one content type and a file of at most `maxUploadBytes`, which S3 enforces. It sends nothing to S3.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export const createUploadSigner =
  (s3: S3Client, bucket: string): SignUpload =>
  ({ userId, id, contentType }) =>
    createPresignedPost(s3, {
      Bucket: bucket,
      Key: keyOfUpload({ userId, imageId: id }),
      Fields: { 'Content-Type': contentType },
      Conditions: [['content-length-range', 1, maxUploadBytes]],
      Expires: validSeconds,
    });
