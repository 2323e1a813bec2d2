import { Duration } from 'aws-cdk-lib/core';
import {
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  OriginRequestCookieBehavior,
  OriginRequestHeaderBehavior,
  OriginRequestPolicy,
  OriginRequestQueryStringBehavior,
  ResponseHeadersPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';

/** The policies of a distribution's behaviours. */
export class EdgePolicies extends Construct {
  /** Of stored paths: no cookie, and no header of the viewer but where it is, which limits by address need. */
  readonly publicOriginRequest: OriginRequestPolicy;
  readonly responseHeaders: ResponseHeadersPolicy;
  /** Of objects that never change, in formats that are compressed already: a single copy of each, for a year. */
  readonly media: CachePolicy;
  readonly #storing = new Map<string, CachePolicy>();

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.publicOriginRequest = new OriginRequestPolicy(this, 'PublicOriginRequest', {
      headerBehavior: OriginRequestHeaderBehavior.allowList('CloudFront-Viewer-Address', 'CloudFront-Forwarded-Proto'),
      cookieBehavior: OriginRequestCookieBehavior.none(),
      queryStringBehavior: OriginRequestQueryStringBehavior.none(),
    });
    this.media = new CachePolicy(this, 'Media', {
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.days(365),
      maxTtl: Duration.days(365),
      queryStringBehavior: CacheQueryStringBehavior.none(),
      cookieBehavior: CacheCookieBehavior.none(),
      headerBehavior: CacheHeaderBehavior.none(),
    });
    this.responseHeaders = new ResponseHeadersPolicy(this, 'ResponseHeaders', {
      securityHeadersBehavior: {
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
        contentTypeOptions: { override: true },
        // A page that sets its own is right about itself.
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: false },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override: false },
      },
    });
  }

  /**
   * Returns the policy that stores responses for as long as their `Cache-Control` says, and those without for no time. One
   * policy serves all paths with the same parameters: an account has 20.
   * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
   */
  storing(parameters: readonly string[]): CachePolicy {
    const sorted = parameters.toSorted();
    const name = `Stored${sorted.map((each) => `-${each}`).join('')}`;
    const policy =
      this.#storing.get(name) ??
      new CachePolicy(this, name, {
        minTtl: Duration.seconds(0),
        defaultTtl: Duration.seconds(0),
        maxTtl: Duration.days(1),
        queryStringBehavior:
          sorted.length > 0 ? CacheQueryStringBehavior.allowList(...sorted) : CacheQueryStringBehavior.none(),
        cookieBehavior: CacheCookieBehavior.none(),
        headerBehavior: CacheHeaderBehavior.none(),
        enableAcceptEncodingGzip: true,
        enableAcceptEncodingBrotli: true,
      });
    this.#storing.set(name, policy);
    return policy;
  }
}
