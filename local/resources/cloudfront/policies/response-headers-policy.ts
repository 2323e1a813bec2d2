import { Type, type Static } from 'typebox';

import type { RawHeaders } from '../../../http/hop.ts';
import { Handles } from '../../../kernel/handles.ts';
import { defineResource } from '../../../kernel/resource.ts';
import { closed, ignored } from '../../../kernel/schema.ts';
import { resourceHash } from '../../resource-hash.ts';

/** Headers that CloudFront sets in responses, and removes from them. */
export interface ResponseHeadersPolicy {
  readonly sets: readonly { readonly name: string; readonly value: string; readonly override: boolean }[];
  /** In lower case. */
  readonly removes: readonly string[];
}

export const responseHeadersPolicyHandles = () => new Handles<ResponseHeadersPolicy>('response headers policy');

const override = { Override: Type.Boolean() };
const config = Type.Object(
  {
    SecurityHeadersConfig: Type.Optional(
      Type.Object(
        {
          StrictTransportSecurity: Type.Optional(
            Type.Object(
              {
                AccessControlMaxAgeSec: Type.Number(),
                IncludeSubdomains: Type.Boolean({ default: false }),
                Preload: Type.Boolean({ default: false }),
                ...override,
              },
              closed,
            ),
          ),
          ContentTypeOptions: Type.Optional(Type.Object(override, closed)),
          FrameOptions: Type.Optional(Type.Object({ FrameOption: Type.String(), ...override }, closed)),
          ReferrerPolicy: Type.Optional(Type.Object({ ReferrerPolicy: Type.String(), ...override }, closed)),
          ContentSecurityPolicy: Type.Optional(
            Type.Object({ ContentSecurityPolicy: Type.String(), ...override }, closed),
          ),
        },
        closed,
      ),
    ),
    CustomHeadersConfig: Type.Optional(
      Type.Object(
        { Items: Type.Array(Type.Object({ Header: Type.String(), Value: Type.String(), ...override }, closed)) },
        closed,
      ),
    ),
    RemoveHeadersConfig: Type.Optional(
      Type.Object({ Items: Type.Array(Type.Object({ Header: Type.String() }, closed)) }, closed),
    ),
    ...ignored('They describe the policy.', 'Name Comment'),
  },
  closed,
);

/** Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-responseheaderspolicy.html */
export const responseHeadersPolicy = (policies: Handles<ResponseHeadersPolicy>) =>
  defineResource('AWS::CloudFront::ResponseHeadersPolicy', {
    properties: Type.Object({ ResponseHeadersPolicyConfig: config }),
    async up(resource) {
      const id = resourceHash(resource);
      policies.set(id, toPolicy(resource.properties.ResponseHeadersPolicyConfig));
      return { ref: id, attributes: { Id: id }, stop: async () => policies.delete(id) };
    },
  });

function toPolicy(given: Static<typeof config>): ResponseHeadersPolicy {
  const { SecurityHeadersConfig: security = {}, CustomHeadersConfig, RemoveHeadersConfig } = given;
  const sets: ResponseHeadersPolicy['sets'][number][] = [];
  const set = (name: string, item: { Override: boolean } | undefined, value: string): void => {
    if (item) sets.push({ name, value, override: item.Override });
  };
  const { StrictTransportSecurity: transport, ReferrerPolicy: referrer } = security;
  const flags = `${transport?.IncludeSubdomains ? '; includeSubDomains' : ''}${transport?.Preload ? '; preload' : ''}`;
  set('Strict-Transport-Security', transport, `max-age=${transport?.AccessControlMaxAgeSec}${flags}`);
  set('X-Content-Type-Options', security.ContentTypeOptions, 'nosniff');
  set('X-Frame-Options', security.FrameOptions, security.FrameOptions?.FrameOption ?? '');
  set('Referrer-Policy', referrer, referrer?.ReferrerPolicy ?? '');
  const content = security.ContentSecurityPolicy;
  set('Content-Security-Policy', content, content?.ContentSecurityPolicy ?? '');
  for (const item of CustomHeadersConfig?.Items ?? []) set(item.Header, item, item.Value);
  return { sets, removes: (RemoveHeadersConfig?.Items ?? []).map(({ Header }) => Header.toLowerCase()) };
}

/**
 * Returns the headers of a response after a policy: a header that does not override is set only where the origin sent none.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
 */
export function applyPolicy(headers: RawHeaders, { sets, removes }: ResponseHeadersPolicy): string[] {
  const sent = new Set<string>();
  for (let at = 0; at < headers.length; at += 2) sent.add(headers[at]!.toLowerCase());
  const effective = sets.filter(({ name, override: replaces }) => replaces || !sent.has(name.toLowerCase()));
  const gone = new Set([...removes, ...effective.map(({ name }) => name.toLowerCase())]);
  const result: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    if (!gone.has(headers[at]!.toLowerCase())) result.push(headers[at]!, headers[at + 1]!);
  }
  return [...result, ...effective.flatMap(({ name, value }) => [name, value])];
}
