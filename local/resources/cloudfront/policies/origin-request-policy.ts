import { Type, type Static } from 'typebox';

import { Handles } from '../../../kernel/handles.ts';
import { defineResource } from '../../../kernel/resource.ts';
import { closed, ignored } from '../../../kernel/schema.ts';
import { resourceHash } from '../../resource-hash.ts';
import { choice, names, toSelection } from './choice.ts';
import { allBut, everything, nothing, only, type Selection } from './selection.ts';

/** What the origin receives beside the parts of the cache key. */
export interface OriginRequestPolicy {
  readonly query: Selection;
  readonly cookies: Selection;
  /** Of the viewer's headers, by lower-case name. */
  readonly headers: Selection;
  /** Of the headers that CloudFront makes, by lower-case name. */
  readonly cloudFrontHeaders: Selection;
}

/** Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html */
export const ALL_VIEWER_AND_CLOUDFRONT = '33f36d7e-f396-46d9-90e0-52428a34d9dc';

export const allViewerAndCloudFront: OriginRequestPolicy = {
  query: everything,
  cookies: everything,
  headers: everything,
  cloudFrontHeaders: everything,
};

/** Without a policy, the origin receives the parts of the cache key alone. */
export const noOriginRequestPolicy: OriginRequestPolicy = {
  query: nothing,
  cookies: nothing,
  headers: nothing,
  cloudFrontHeaders: nothing,
};

/** The policies of the template and the managed ones that run here. */
export function originRequestPolicyHandles(): Handles<OriginRequestPolicy> {
  const handles = new Handles<OriginRequestPolicy>('origin request policy');
  handles.set(ALL_VIEWER_AND_CLOUDFRONT, allViewerAndCloudFront);
  return handles;
}

const headersConfig = Type.Object(
  {
    HeaderBehavior: Type.Union([
      Type.Literal('none'),
      Type.Literal('whitelist'),
      Type.Literal('allViewer'),
      Type.Literal('allViewerAndWhitelistCloudFront'),
      Type.Literal('allExcept'),
    ]),
    Headers: names,
  },
  closed,
);

const config = Type.Object(
  {
    HeadersConfig: headersConfig,
    QueryStringsConfig: Type.Object({ QueryStringBehavior: choice, QueryStrings: names }, closed),
    CookiesConfig: Type.Object({ CookieBehavior: choice, Cookies: names }, closed),
    ...ignored('They describe the policy.', 'Name Comment'),
  },
  closed,
);

/** Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-originrequestpolicy.html */
export const originRequestPolicy = (policies: Handles<OriginRequestPolicy>) =>
  defineResource('AWS::CloudFront::OriginRequestPolicy', {
    properties: Type.Object({ OriginRequestPolicyConfig: config }),
    async up(resource) {
      const { HeadersConfig, QueryStringsConfig, CookiesConfig } = resource.properties.OriginRequestPolicyConfig;
      const id = resourceHash(resource);
      policies.set(id, {
        query: toSelection(QueryStringsConfig.QueryStringBehavior, QueryStringsConfig.QueryStrings),
        cookies: toSelection(CookiesConfig.CookieBehavior, CookiesConfig.Cookies),
        ...toHeaders(HeadersConfig),
      });
      return { ref: id, attributes: { Id: id }, stop: async () => policies.delete(id) };
    },
  });

function toHeaders({
  HeaderBehavior,
  Headers = [],
}: Static<typeof headersConfig>): Pick<OriginRequestPolicy, 'headers' | 'cloudFrontHeaders'> {
  const listed = Headers.map((name) => name.toLowerCase());
  const choices = {
    none: { headers: nothing, cloudFrontHeaders: nothing },
    whitelist: { headers: only(listed), cloudFrontHeaders: only(listed) },
    allViewer: { headers: everything, cloudFrontHeaders: nothing },
    allViewerAndWhitelistCloudFront: { headers: everything, cloudFrontHeaders: only(listed) },
    allExcept: { headers: allBut(listed), cloudFrontHeaders: nothing },
  };
  return choices[HeaderBehavior];
}
