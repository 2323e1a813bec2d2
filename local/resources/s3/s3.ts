import { S3Client } from '@aws-sdk/client-s3';

import { Handles } from '../../kernel/handles.ts';
import { clientConfig, type AwsHost } from '../aws.ts';
import type { PolicyDocument } from './bucket-access.ts';
import { bucketNotifications } from './bucket-notifications.ts';
import { bucketPolicy } from './bucket-policy.ts';
import { bucket } from './bucket.ts';

/** Buckets at the AWS endpoint. */
export function s3(host: AwsHost) {
  const client = new S3Client(clientConfig(host));
  const bucketPolicies = new Handles<PolicyDocument>('bucket policy');
  return {
    definitions: [bucket(client, host.region), bucketPolicy(client, bucketPolicies), bucketNotifications(client)],
    bucketPolicies,
  };
}
