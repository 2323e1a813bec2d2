import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods } from 'aws-cdk-lib/aws-s3';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface UploadsBucketProps {
  /** Web origins whose pages may upload. @default - none */
  readonly origins?: readonly string[];
  readonly accessLogs: IBucket;
  /** Keep the bucket and its files when the stack is deleted; otherwise both go. @default true */
  readonly protect?: boolean;
}

/** Files of users: private, TLS only, versioned; what is replaced or never finished is cleared away. */
export class UploadsBucket extends Construct {
  constructor(scope: Construct, id: string, props: UploadsBucketProps) {
    super(scope, id);
    const { origins = [], protect = true } = props;
    new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: 'uploads/',
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1), noncurrentVersionExpiration: Duration.days(30) },
      ],
      cors:
        origins.length > 0 ? [{ allowedOrigins: [...origins], allowedMethods: [HttpMethods.POST], maxAge: 3600 }] : [],
      removalPolicy: protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      autoDeleteObjects: !protect,
    });
  }
}
