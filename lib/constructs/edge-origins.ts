import { Duration } from 'aws-cdk-lib/core';
import { S3OriginAccessControl, type IOrigin } from 'aws-cdk-lib/aws-cloudfront';
import { OriginGroup, S3BucketOrigin, VpcOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

import { vpcOriginOf } from './vpc-origin.ts';

/** The origins of the distribution. */
export interface EdgeOrigins {
  /** The load balancer, for requests that are made once. */
  readonly once: IOrigin;
  /** The load balancer, for reads that are repeated once when they fail. */
  readonly repeated: IOrigin;
  readonly media: IOrigin;
}

/** Above the services' handler timeout of 10 s, so that their own response arrives. */
const ONCE_SECONDS = 15;

/** Of each of the two attempts. A stale object is served only after both. */
const REPEATED_SECONDS = 3;

/** @param media the bucket, whose policy allows the distributions of the account to read what they serve */
export function edgeOrigins(scope: Construct, loadBalancer: IApplicationLoadBalancer, media: IBucket): EdgeOrigins {
  const vpcOrigin = vpcOriginOf(scope, 'VpcOrigin', loadBalancer);
  const originOf = (readSeconds: number): IOrigin =>
    VpcOrigin.withVpcOrigin(vpcOrigin, {
      domainName: loadBalancer.loadBalancerDnsName,
      readTimeout: Duration.seconds(readSeconds),
      // Also how often a GET without a response is sent again, to the same origin.
      // Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html
      connectionAttempts: 1,
      connectionTimeout: Duration.seconds(3),
      // Below the load balancer's idle timeout of 60 s: CloudFront never reuses a connection that is being closed.
      keepaliveTimeout: Duration.seconds(55),
    });
  return {
    once: originOf(ONCE_SECONDS),
    repeated: new OriginGroup({
      primaryOrigin: originOf(REPEATED_SECONDS),
      fallbackOrigin: originOf(REPEATED_SECONDS),
      // Not 503: a service that sheds load, or has no task, would get every request twice.
      fallbackStatusCodes: [502, 504],
    }),
    // Not `withOriginAccessControl`: it would name the distribution in the bucket's policy, in an earlier stack.
    media: S3BucketOrigin.withBucketDefaults(media, {
      originAccessControlId: new S3OriginAccessControl(scope, 'MediaAccess').originAccessControlId,
    }),
  };
}
