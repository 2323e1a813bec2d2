import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from './aws-error.ts';
import { readJson, writeJson } from './json-file.ts';

/** What S3 answers for a setting that a bucket does not have: an error's code, or an empty document. */
const absent: Readonly<Record<string, { error: string } | { document: string }>> = {
  cors: { error: 'NoSuchCORSConfiguration' },
  encryption: { error: 'ServerSideEncryptionConfigurationNotFoundError' },
  notification: { document: '<NotificationConfiguration/>' },
  ownershipControls: { error: 'OwnershipControlsNotFoundError' },
  policy: { error: 'NoSuchBucketPolicy' },
  publicAccessBlock: { error: 'NoSuchPublicAccessBlockConfiguration' },
  tagging: { error: 'NoSuchTagSet' },
  versioning: { document: '<VersioningConfiguration/>' },
};

/** Parts of the S3 API that neither fauxqs nor this file knows; fauxqs would take them for a plain PUT or GET. */
const unknown = new Set(
  'accelerate acl analytics intelligent-tiering inventory legal-hold logging metrics object-lock policyStatus replication requestPayment restore retention select torrent versions versionId website'.split(
    ' ',
  ),
);

export interface SettingRequest {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Buffer | undefined;
}

/**
 * A bucket's settings (CORS, policy, versioning, …), kept as the documents they were sent as and answered as such; they
 * are not acted upon. `handle` answers undefined for a request that is not about a setting.
 */
export function openBucketSettings(dir: string, region: string) {
  const file = (bucket: string) => join(dir, `${encodeURIComponent(bucket)}.json`);
  const read = (bucket: string) => readJson<Record<string, string>>(file(bucket), {});

  return {
    handle(request: SettingRequest): { status: number; document: string } | undefined {
      const { method, bucket, key, query } = request;
      const refused = Object.keys(query).find((name) => unknown.has(name) || (key !== '' && name === 'tagging'));
      if (refused) {
        throw new AwsError('NotImplemented', `${method} with ?${refused} is not implemented by this endpoint.`, 501);
      }
      if (key !== '') return undefined;
      if ('location' in query) {
        return {
          status: 200,
          document: `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${region}</LocationConstraint>`,
        };
      }
      const setting = Object.keys(query).find((name) => name in absent);
      if (!setting) return undefined;
      const settings = read(bucket);
      if (method === 'PUT') {
        writeJson(file(bucket), { ...settings, [setting]: request.body?.toString() ?? '' });
        return { status: setting === 'policy' ? 204 : 200, document: '' };
      }
      if (method === 'DELETE') {
        const { [setting]: _, ...rest } = settings;
        writeJson(file(bucket), rest);
        return { status: 204, document: '' };
      }
      const otherwise = absent[setting];
      const document = settings[setting] ?? (otherwise && 'document' in otherwise ? otherwise.document : undefined);
      if (document !== undefined) return { status: 200, document };
      const code = otherwise && 'error' in otherwise ? otherwise.error : 'NoSuchKey';
      throw new AwsError(code, `The bucket ${bucket} has no such setting.`, 404);
    },
    forget(bucket: string): void {
      rmSync(file(bucket), { force: true });
    },
  };
}

export type BucketSettings = ReturnType<typeof openBucketSettings>;
