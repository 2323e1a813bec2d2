import type { Handles } from '../../kernel/handles.ts';
import type { Behavior } from './behaviors.ts';
import type { DistributionConfig } from './distribution-config.ts';
import { CACHING_DISABLED, cachingDisabled, type CachePolicy } from './policies/cache-policy.ts';
import {
  ALL_VIEWER_AND_CLOUDFRONT,
  noOriginRequestPolicy,
  type OriginRequestPolicy,
} from './policies/origin-request-policy.ts';
import type { ResponseHeadersPolicy } from './policies/response-headers-policy.ts';

/** The policies that behaviours refer to, by id. */
export interface Policies {
  readonly cache: Handles<CachePolicy>;
  readonly originRequest: Handles<OriginRequestPolicy>;
  readonly responseHeaders: Handles<ResponseHeadersPolicy>;
}

interface Behaviors {
  readonly otherwise: Behavior;
  readonly behaviors: readonly Behavior[];
}

type Given = DistributionConfig['DefaultCacheBehavior'] & { readonly PathPattern?: string };

/** Reads the behaviours of a distribution. Adds all unknown policies to `faults`. */
export function readBehaviors(
  { DefaultCacheBehavior, CacheBehaviors }: DistributionConfig,
  policies: Policies,
  faults: string[],
): Behaviors {
  function find<T>(handles: Handles<T>, id: string | undefined, path: string, managed: string): T | undefined {
    const policy = handles.find(id);
    if (id !== undefined && policy === undefined)
      faults.push(
        `${path} = "${id}" is neither a policy of the template nor a managed one that runs here (${managed})`,
      );
    return policy;
  }
  function read(given: Given, path: string): Behavior {
    const { cache, originRequest, responseHeaders } = policies;
    return {
      pathPattern: given.PathPattern,
      targetOriginId: given.TargetOriginId,
      allowedMethods: given.AllowedMethods,
      viewerProtocolPolicy: given.ViewerProtocolPolicy,
      compress: given.Compress,
      cachePolicy:
        find(cache, given.CachePolicyId, `${path}.CachePolicyId`, `CachingDisabled, ${CACHING_DISABLED}`) ??
        cachingDisabled,
      originRequestPolicy:
        find(
          originRequest,
          given.OriginRequestPolicyId,
          `${path}.OriginRequestPolicyId`,
          `AllViewerAndCloudFrontHeaders-2022-06, ${ALL_VIEWER_AND_CLOUDFRONT}`,
        ) ?? noOriginRequestPolicy,
      responseHeadersPolicy: find(
        responseHeaders,
        given.ResponseHeadersPolicyId,
        `${path}.ResponseHeadersPolicyId`,
        'none',
      ),
    };
  }
  const otherwise = read(DefaultCacheBehavior, 'DefaultCacheBehavior');
  const behaviors = CacheBehaviors.map((each, index) => read(each, `CacheBehaviors.${index}`));
  return { otherwise, behaviors };
}
