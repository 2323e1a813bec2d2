import type { Host } from '../../host/host.ts';
import { Handles } from '../../kernel/handles.ts';
import { distribution, type Origins } from './distribution.ts';
import { vpcOrigin, type VpcOrigin } from './vpc-origin.ts';

interface CloudFrontOptions {
  readonly host: Pick<Host, 'edgePort' | 'accountId' | 'log'>;
  readonly loadBalancers: Origins;
}

/** The CDN in front of a load balancer, in the runtime's own process. */
export function cloudfront({ host, loadBalancers }: CloudFrontOptions) {
  const vpcOrigins = new Handles<VpcOrigin>('VPC origin');
  return { definitions: [vpcOrigin(host, vpcOrigins), distribution({ host, vpcOrigins, loadBalancers })] };
}
