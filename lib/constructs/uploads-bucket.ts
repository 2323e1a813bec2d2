import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, EventType, HttpMethods } from 'aws-cdk-lib/aws-s3';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Construct } from 'constructs';

import type { WorkQueue } from './work-queue.ts';

export interface UploadsBucketProps {
  /** Web origins whose pages may upload. @default - none */
  readonly origins?: readonly string[];
  readonly accessLogs: IBucket;
  /** Keep the bucket when the stack is deleted. Otherwise it is deleted with its files. @default true */
  readonly protect?: boolean;
}

/**
 * How long uploads are kept as they are, in days: longer than a message waits in a queue and then in its dead-letter queue,
 * 14 days each.
 */
const keptDays = 30;

/**
 * Files of users: private, TLS only, versioned. Uploads under `originals/` expire after 30 days, and so do replaced and expired
 * versions; unfinished multipart uploads after one.
 */
export class UploadsBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: UploadsBucketProps) {
    super(scope, id);
    const { origins = [], protect = true } = props;
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: 'uploads/',
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1), noncurrentVersionExpiration: Duration.days(30) },
        { prefix: 'originals/', expiration: Duration.days(keptDays) },
        // What is left of an expired object once its versions are gone.
        { expiredObjectDeleteMarker: true },
      ],
      cors:
        origins.length > 0 ? [{ allowedOrigins: [...origins], allowedMethods: [HttpMethods.POST], maxAge: 3600 }] : [],
      removalPolicy: protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      autoDeleteObjects: !protect,
    });
  }

  /**
   * Lets the distributions of the account read the objects under a key prefix, by origin access control. The distribution that
   * does is in a later stack, which refers to the bucket, so the policy cannot name it. They cannot list the bucket: an
   * object that does not exist is a 403.
   * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
   */
  serve(prefix: string): void {
    const distributions = Stack.of(this).formatArn({
      service: 'cloudfront',
      region: '',
      resource: 'distribution',
      resourceName: '*',
    });
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:GetObject'],
        resources: [this.bucket.arnForObjects(`${prefix}*`)],
        conditions: { ArnLike: { 'AWS:SourceArn': distributions } },
      }),
    );
  }

  /**
   * Sends a notification to the queue for each object created under one of the key prefixes. S3 refuses prefixes that
   * overlap, and sends one message with `Event: "s3:TestEvent"` when the notification is set up.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
   */
  notify(prefixes: readonly string[], { queue }: WorkQueue): void {
    for (const prefix of prefixes) {
      this.bucket.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(queue), { prefix });
    }
  }
}
