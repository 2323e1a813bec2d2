import { Type, type Static } from 'typebox';

import { closed, ignored } from '../../kernel/schema.ts';

const origin = Type.Object(
  {
    Id: Type.String(),
    DomainName: Type.String(),
    VpcOriginConfig: Type.Object(
      {
        VpcOriginId: Type.String(),
        // Source of the default: docs.aws.amazon.com/AmazonCloudFront/latest/APIReference/API_VpcOriginConfig.html
        OriginReadTimeout: Type.Number({ default: 30 }),
        ...ignored('The origin is in the same process.', 'OriginKeepaliveTimeout'),
      },
      closed,
    ),
    OriginPath: Type.Optional(Type.Literal('')),
    ...ignored('The origin is in the same process.', 'ConnectionAttempts ConnectionTimeout'),
  },
  closed,
);

const behavior = {
  TargetOriginId: Type.String(),
  CachePolicyId: Type.String(),
  OriginRequestPolicyId: Type.Optional(Type.String()),
  ResponseHeadersPolicyId: Type.Optional(Type.String()),
  Compress: Type.Boolean({ default: false }),
  // Those to OPTIONS are never stored.
  CachedMethods: Type.Optional(Type.Array(Type.Union([Type.Literal('GET'), Type.Literal('HEAD')]))),
  AllowedMethods: Type.Array(Type.String(), { default: ['GET', 'HEAD'] }),
  ViewerProtocolPolicy: Type.Union([
    Type.Literal('allow-all'),
    Type.Literal('https-only'),
    Type.Literal('redirect-to-https'),
  ]),
};

/** Without a page of its own: only how long the error is stored. */
const errorResponse = Type.Object(
  {
    ErrorCode: Type.Integer(),
    // Source of the default, in seconds: custom-error-pages-expiration.html
    ErrorCachingMinTTL: Type.Number({ default: 10, minimum: 0 }),
  },
  closed,
);

/** What the CDN honours of a distribution. */
export const distributionConfig = Type.Object(
  {
    Enabled: Type.Literal(true),
    Origins: Type.Array(origin, { minItems: 1, maxItems: 1 }),
    DefaultCacheBehavior: Type.Object(behavior, closed),
    CacheBehaviors: Type.Array(Type.Object({ PathPattern: Type.String(), ...behavior }, closed), { default: [] }),
    CustomErrorResponses: Type.Array(errorResponse, { default: [] }),
    // The ARN of a web ACL; empty if there is none.
    WebACLId: Type.String({ default: '' }),
    DefaultRootObject: Type.Optional(Type.Literal('')),
    ...ignored('They concern viewers on the Internet.', 'Aliases HttpVersion IPV6Enabled PriceClass ViewerCertificate'),
    ...ignored('They describe the distribution or record its use.', 'Comment Logging'),
  },
  closed,
);

export type DistributionConfig = Static<typeof distributionConfig>;
