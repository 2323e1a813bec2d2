import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { readUploadKey, type UploadIds } from '../../contracts/upload.ts';

/** An object that a user has uploaded. */
export interface Upload extends UploadIds {
  readonly key: string;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const Notification = Type.Object({
  Records: Type.Array(Type.Object({ s3: Type.Object({ object: Type.Object({ key: Type.String() }) }) })),
});
/** S3 sends it when the notification is set up. */
const TestEvent = Type.Object({ Event: Type.Literal('s3:TestEvent') });

/** Returns the uploads that a notification of S3 names. @throws Error if it is none */
export function parseNotification(body: string): Upload[] {
  const value: unknown = JSON.parse(body);
  if (Value.Check(TestEvent, value)) return [];
  if (!Value.Check(Notification, value)) throw new Error(`The message is no notification of S3: ${body.slice(0, 200)}`);
  return value.Records.map(({ s3: { object } }) => toUpload(decodeURIComponent(object.key.replaceAll('+', ' '))));
}

function toUpload(key: string): Upload {
  const ids = readUploadKey(key);
  if (ids === undefined) throw new Error(`The object ${key} is no upload, whose key is originals/<user>/<image>`);
  return { key, ...ids };
}
