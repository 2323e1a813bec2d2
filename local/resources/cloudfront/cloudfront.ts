import type { Host } from '../../host/host.ts';
import { Handles } from '../../kernel/handles.ts';
import type { WebAcl } from '../wafv2/web-acl.ts';
import type { Policies } from './behavior-reader.ts';
import { distribution } from './distribution.ts';
import { originAccessControl } from './origin-access-control.ts';
import type { OriginParts } from './origin-reader.ts';
import { cachePolicy, cachePolicyHandles } from './policies/cache-policy.ts';
import { originRequestPolicy, originRequestPolicyHandles } from './policies/origin-request-policy.ts';
import { responseHeadersPolicy, responseHeadersPolicyHandles } from './policies/response-headers-policy.ts';
import { vpcOrigin, type VpcOrigin } from './vpc-origin.ts';

interface CloudFrontOptions extends Pick<OriginParts, 'loadBalancers' | 'bucketPolicies'> {
  readonly host: Pick<Host, 'edgePort' | 'accountId' | 'log' | 'endpointUrl'>;
  readonly webAcls: Handles<WebAcl>;
}

/** The CDN in front of a load balancer and of buckets, in the runtime's own process. */
export function cloudfront({ host, loadBalancers, bucketPolicies, webAcls }: CloudFrontOptions) {
  const vpcOrigins = new Handles<VpcOrigin>('VPC origin');
  const accessControls = new Handles<true>('origin access control');
  const policies: Policies = {
    cache: cachePolicyHandles(),
    originRequest: originRequestPolicyHandles(),
    responseHeaders: responseHeadersPolicyHandles(),
  };
  return {
    definitions: [
      vpcOrigin(host, vpcOrigins),
      cachePolicy(policies.cache),
      originRequestPolicy(policies.originRequest),
      responseHeadersPolicy(policies.responseHeaders),
      originAccessControl(accessControls),
      distribution({ host, policies, origins: { vpcOrigins, loadBalancers, accessControls, bucketPolicies }, webAcls }),
    ],
  };
}
