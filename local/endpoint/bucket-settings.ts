import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from './aws-error.ts';
import { readJson, writeJson } from './json-file.ts';

/** What S3 returns for a setting that a bucket does not have: an error's code, or an empty document. */
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

/** Parts of the S3 API that neither fauxqs nor this folder has; fauxqs would take them for a plain PUT or GET. */
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
  readonly body: Buffer;
}

/**
 * A bucket's settings (CORS, policy, versioning, …), kept as the documents that were sent and returned as such. They have
 * no effect by themselves.
 */
export function openBucketSettings(dir: string, region: string) {
  const file = (bucket: string) => join(dir, `${encodeURIComponent(bucket)}.json`);
  const read = (bucket: string) => readJson<Record<string, string>>(file(bucket), {});
  const put = (bucket: string, setting: string, document: string) =>
    writeJson(file(bucket), { ...read(bucket), [setting]: document });

  return {
    /** The document of a setting; undefined when it is not set. */
    get: (bucket: string, setting: string): string | undefined => read(bucket)[setting],
    put,
    /**
     * Returns undefined for a request that is not about a setting.
     * @throws AwsError for a setting that is absent or not implemented
     */
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
      if (method === 'PUT') {
        put(bucket, setting, request.body.toString());
        return { status: setting === 'policy' ? 204 : 200, document: '' };
      }
      const settings = read(bucket);
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
    remove(bucket: string): void {
      rmSync(file(bucket), { force: true });
    },
  };
}
