import { Type, type Static } from 'typebox';

import { Handles } from '../../../kernel/handles.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { defineResource } from '../../../kernel/resource.ts';
import { closed, ignored } from '../../../kernel/schema.ts';
import { resourceHash } from '../../resource-hash.ts';
import { choice, names, toSelection } from './choice.ts';
import { nothing, type Selection } from './selection.ts';

/** How long responses are stored, in ms. */
export interface Ttls {
  readonly minTtlMs: number;
  readonly defaultTtlMs: number;
  readonly maxTtlMs: number;
}

/** How long responses are stored, and the parts of a request that make another response. */
export interface CachePolicy extends Ttls {
  readonly query: Selection;
  /** By lower-case name. */
  readonly headers: Selection;
  readonly cookies: Selection;
  readonly gzip: boolean;
  readonly brotli: boolean;
}

/** Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
export const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';

export const cachingDisabled: CachePolicy = {
  minTtlMs: 0,
  defaultTtlMs: 0,
  maxTtlMs: 0,
  query: nothing,
  headers: nothing,
  cookies: nothing,
  gzip: false,
  brotli: false,
};

/** The policies of the template and the managed ones that run here. */
export function cachePolicyHandles(): Handles<CachePolicy> {
  const handles = new Handles<CachePolicy>('cache policy');
  handles.set(CACHING_DISABLED, cachingDisabled);
  return handles;
}

const config = Type.Object(
  {
    MinTTL: Type.Number({ minimum: 0 }),
    DefaultTTL: Type.Number({ minimum: 0 }),
    MaxTTL: Type.Number({ minimum: 0 }),
    ParametersInCacheKeyAndForwardedToOrigin: Type.Object(
      {
        EnableAcceptEncodingGzip: Type.Boolean(),
        EnableAcceptEncodingBrotli: Type.Boolean({ default: false }),
        QueryStringsConfig: Type.Object({ QueryStringBehavior: choice, QueryStrings: names }, closed),
        HeadersConfig: Type.Object(
          { HeaderBehavior: Type.Union([Type.Literal('none'), Type.Literal('whitelist')]), Headers: names },
          closed,
        ),
        CookiesConfig: Type.Object({ CookieBehavior: choice, Cookies: names }, closed),
      },
      closed,
    ),
    ...ignored('They describe the policy.', 'Name Comment'),
  },
  closed,
);

/** Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-cachepolicy.html */
export const cachePolicy = (policies: Handles<CachePolicy>) =>
  defineResource('AWS::CloudFront::CachePolicy', {
    properties: Type.Object({ CachePolicyConfig: config }),
    async up({ key, ...resource }) {
      const id = resourceHash({ key });
      policies.set(id, toCachePolicy(key, resource.properties.CachePolicyConfig));
      return { ref: id, attributes: { Id: id }, stop: async () => policies.delete(id) };
    },
  });

function toCachePolicy(key: string, given: Static<typeof config>): CachePolicy {
  const { MinTTL, DefaultTTL, MaxTTL, ParametersInCacheKeyAndForwardedToOrigin: parameters } = given;
  if (MinTTL > DefaultTTL || DefaultTTL > MaxTTL)
    throw new Refusal(
      `${key}: MinTTL (${MinTTL} s), DefaultTTL (${DefaultTTL} s) and MaxTTL (${MaxTTL} s) must not decrease: raise the later one.`,
    );
  const { QueryStringsConfig: query, HeadersConfig: headers, CookiesConfig: cookies } = parameters;
  return {
    minTtlMs: MinTTL * 1000,
    defaultTtlMs: DefaultTTL * 1000,
    maxTtlMs: MaxTTL * 1000,
    query: toSelection(query.QueryStringBehavior, query.QueryStrings),
    headers: toSelection(
      headers.HeaderBehavior,
      headers.Headers?.map((name) => name.toLowerCase()),
    ),
    cookies: toSelection(cookies.CookieBehavior, cookies.Cookies),
    gzip: parameters.EnableAcceptEncodingGzip,
    brotli: parameters.EnableAcceptEncodingBrotli,
  };
}
