import { Duration } from 'aws-cdk-lib/core';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginRequestPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
  type BehaviorOptions,
} from 'aws-cdk-lib/aws-cloudfront';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import type { DomainProps } from '../config/environment-props.ts';
import { mediaPattern, type EdgePath } from '../edge-paths.ts';
import { edgeOrigins } from './edge-origins.ts';
import { EdgePolicies } from './edge-policies.ts';

/** The statuses for which a distribution can set the time that an error is stored.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/creating-custom-error-pages.html */
const ERROR_STATUSES = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

export interface EdgeProps {
  readonly loadBalancer: IApplicationLoadBalancer;
  /** The bucket whose objects under `media/` are served at that path; see `UploadsBucket.serve`. */
  readonly media: IBucket;
  /** Paths with a rule of their own, in the order in which they are tried. @default - nothing is stored */
  readonly paths?: readonly EdgePath[];
  /** Where the access log is written. @default - there is none */
  readonly accessLogs?: IBucket;
  /** ARN of a web ACL in us-east-1. @default - none: CloudFront refuses nothing */
  readonly webAclArn?: string;
  /** Names under which it is opened, with their certificate. @default - CloudFront's own name and certificate */
  readonly domain?: DomainProps;
}

/**
 * CloudFront in front of a load balancer that has no public address. Stores what is public, and no errors; repeats reads of
 * what is public.
 */
export class Edge extends Construct {
  readonly distribution: Distribution;
  readonly url: string;

  constructor(scope: Construct, id: string, props: EdgeProps) {
    super(scope, id);
    const { loadBalancer, media, paths = [], accessLogs, webAclArn, domain } = props;
    const policies = new EdgePolicies(this, 'Policies');
    const origins = edgeOrigins(this, loadBalancer, media);
    const uncached = {
      origin: origins.once,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      responseHeadersPolicy: policies.responseHeaders,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      // Includes CloudFront's own headers: services learn the viewer's address and protocol only from them.
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_AND_CLOUDFRONT_2022,
    };
    // A program that is redirected has already sent its password or key in the clear, and would again.
    const protocolOf = (pattern: string): Pick<BehaviorOptions, 'viewerProtocolPolicy'> => ({
      viewerProtocolPolicy: pattern.startsWith('/api/')
        ? ViewerProtocolPolicy.HTTPS_ONLY
        : ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    });
    const mediaBehavior: BehaviorOptions = {
      ...protocolOf(mediaPattern),
      origin: origins.media,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      cachePolicy: policies.media,
      responseHeadersPolicy: policies.responseHeaders,
      compress: false,
    };
    const behaviors = [...paths, { pattern: '/api/*' }].map(({ pattern, stored }: EdgePath) => [
      pattern,
      {
        ...uncached,
        ...protocolOf(pattern),
        ...(stored && {
          origin: origins.repeated,
          // CloudFront takes no others with an origin group.
          allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
          cachePolicy: policies.storing(stored),
          originRequestPolicy: policies.publicOriginRequest,
        }),
      },
    ]);
    this.distribution = new Distribution(this, 'Distribution', {
      defaultBehavior: { ...uncached, ...protocolOf('/') },
      additionalBehaviors: {
        [mediaPattern]: mediaBehavior,
        ...(Object.fromEntries(behaviors) as Record<string, BehaviorOptions>),
      },
      httpVersion: HttpVersion.HTTP2_AND_3,
      webAclId: webAclArn,
      // CloudFront's own certificate accepts TLS 1.0.
      // Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html
      ...(domain && {
        domainNames: [...domain.names],
        certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
      ...(accessLogs ? { logBucket: accessLogs, logFilePrefix: 'edge/' } : {}),
      // CloudFront stores errors for 10 s by default where it stores at all: one user's 404 or 503 would be the response to
      // others. It ignores `no-store` on most of them.
      // Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
      errorResponses: ERROR_STATUSES.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
    });
    this.url = `https://${domain?.names[0] ?? this.distribution.distributionDomainName}`;
  }
}
