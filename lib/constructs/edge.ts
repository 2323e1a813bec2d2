import { Duration } from 'aws-cdk-lib/core';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { VpcOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';

/** CloudFront in front of a load balancer that has no public address. Caches nothing. */
export class Edge extends Construct {
  readonly distribution: Distribution;
  readonly url: string;

  constructor(scope: Construct, id: string, props: { readonly loadBalancer: IApplicationLoadBalancer }) {
    super(scope, id);
    this.distribution = new Distribution(this, 'Distribution', {
      defaultBehavior: {
        origin: VpcOrigin.withApplicationLoadBalancer(props.loadBalancer, {
          protocolPolicy: OriginProtocolPolicy.HTTP_ONLY,
          // Below the load balancer's idle timeout of 60 s: CloudFront never reuses a connection that is being closed.
          keepaliveTimeout: Duration.seconds(55),
        }),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        // Includes CloudFront's own headers: services learn the viewer's protocol only from them.
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_AND_CLOUDFRONT_2022,
      },
    });
    this.url = `https://${this.distribution.distributionDomainName}`;
  }
}
