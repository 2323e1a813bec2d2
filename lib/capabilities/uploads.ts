import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import type { UploadsBucket } from '../constructs/uploads-bucket.ts';
import type { Capability } from './capability.ts';

/**
 * Lets a workload read and write objects of the uploads bucket under the prefixes of its definition.
 *
 * A presigned POST needs `s3:PutObject` of the role that signs it. Without `s3:ListBucket`, S3 responds 403 instead of 404
 * to a request for an object that does not exist.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export const uploadsCapability = ({ bucket }: UploadsBucket): Capability => ({
  bind(workload, { uploads = {} }) {
    const allow = (action: string, prefixes: readonly string[] = []): void => {
      if (prefixes.length === 0) return;
      const resources = prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
      workload.role.addToPrincipalPolicy(new PolicyStatement({ actions: [action], resources }));
    };
    allow('s3:GetObject', uploads.reads);
    allow('s3:PutObject', uploads.writes);
    workload.addEnvironment({ UPLOADS_BUCKET: bucket.bucketName });
  },
});
