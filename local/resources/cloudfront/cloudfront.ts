import type { Host } from '../../host/host.ts';
import { Handles } from '../../kernel/handles.ts';
import type { WebAcl } from '../wafv2/web-acl.ts';
import type { Policies } from './behavior-reader.ts';
import { distribution, type Origins } from './distribution.ts';
import { cachePolicy, cachePolicyHandles } from './policies/cache-policy.ts';
import { originRequestPolicy, originRequestPolicyHandles } from './policies/origin-request-policy.ts';
import { responseHeadersPolicy, responseHeadersPolicyHandles } from './policies/response-headers-policy.ts';
import { vpcOrigin, type VpcOrigin } from './vpc-origin.ts';

interface CloudFrontOptions {
  readonly host: Pick<Host, 'edgePort' | 'accountId' | 'log'>;
  readonly loadBalancers: Origins;
  readonly webAcls: Handles<WebAcl>;
}

/** The CDN in front of a load balancer, in the runtime's own process. */
export function cloudfront({ host, loadBalancers, webAcls }: CloudFrontOptions) {
  const vpcOrigins = new Handles<VpcOrigin>('VPC origin');
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
      distribution({ host, policies, vpcOrigins, loadBalancers, webAcls }),
    ],
  };
}
