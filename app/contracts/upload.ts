/** Size of the largest file that a user may upload, in bytes: `images` lets S3 refuse more, and `imager` reads no more. */
export const maxUploadBytes = 10_000_000;

const uuid = '[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}';
const pattern = new RegExp(`^originals/(${uuid})/(${uuid})$`);

/** Whose an upload is, and of which image. */
export interface UploadIds {
  readonly userId: string;
  readonly imageId: string;
}

/** Returns the key in the uploads bucket for which `images` signs the form of an image. */
export const keyOfUpload = ({ userId, imageId }: UploadIds): string => `originals/${userId}/${imageId}`;

/** Returns what `keyOfUpload` put into a key; undefined if that did not make it. */
export function readUploadKey(key: string): UploadIds | undefined {
  const [, userId, imageId] = pattern.exec(key) ?? [];
  return userId === undefined || imageId === undefined ? undefined : { userId, imageId };
}
