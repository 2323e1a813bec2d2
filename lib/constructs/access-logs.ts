import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { Duration } from 'aws-cdk-lib/core';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface AccessLogsProps {
  readonly retention: Duration;
  /** Keep the bucket when the stack is deleted. Otherwise it is deleted with its logs. @default true */
  readonly protect?: boolean;
  /** Whether CloudFront writes here: it does so by an access control list. @default false */
  readonly isForCloudFront?: boolean;
}

/** The bucket for access logs of the load balancer and of S3, or of CloudFront. */
export class AccessLogs extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { retention, protect = true, isForCloudFront }: AccessLogsProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: isForCloudFront ? ObjectOwnership.BUCKET_OWNER_PREFERRED : undefined,
      lifecycleRules: [{ expiration: retention }],
      removalPolicy: protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      // S3 deletes only empty buckets, and this one never is.
      autoDeleteObjects: !protect,
    });
  }
}
