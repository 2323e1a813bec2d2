import { Type, type Static } from 'typebox';

import { closed, ignored } from '../../kernel/schema.ts';

/** In seconds. Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_VpcOriginConfig.html, API_S3OriginConfig.html */
const OriginReadTimeout = Type.Number({ default: 30, minimum: 1, maximum: 120 });

const origin = Type.Object(
  {
    Id: Type.String(),
    DomainName: Type.String(),
    VpcOriginConfig: Type.Optional(
      Type.Object(
        {
          VpcOriginId: Type.String(),
          OriginReadTimeout,
          ...ignored('The origin is in the same process.', 'OriginKeepaliveTimeout'),
        },
        closed,
      ),
    ),
    S3OriginConfig: Type.Optional(
      Type.Object({ OriginAccessIdentity: Type.Literal('', { default: '' }), OriginReadTimeout }, closed),
    ),
    OriginAccessControlId: Type.Optional(Type.String()),
    OriginPath: Type.Optional(Type.Literal('')),
    ...ignored('The origin is on this machine.', 'ConnectionAttempts ConnectionTimeout'),
  },
  closed,
);

const originGroup = Type.Object(
  {
    Id: Type.String(),
    FailoverCriteria: Type.Object(
      { StatusCodes: Type.Object({ Items: Type.Array(Type.Integer()), Quantity: Type.Integer() }, closed) },
      closed,
    ),
    // The first one is the primary.
    Members: Type.Object(
      {
        Items: Type.Array(Type.Object({ OriginId: Type.String() }, closed), { minItems: 2, maxItems: 2 }),
        Quantity: Type.Integer(),
      },
      closed,
    ),
    SelectionCriteria: Type.Optional(Type.Literal('default')),
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
    Origins: Type.Array(origin, { minItems: 1 }),
    OriginGroups: Type.Optional(Type.Object({ Items: Type.Array(originGroup), Quantity: Type.Integer() }, closed)),
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
