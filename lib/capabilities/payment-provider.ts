import { Port } from 'aws-cdk-lib/aws-ec2';

import type { InternalLoadBalancer } from '../constructs/internal-load-balancer.ts';
import type { Capability } from './capability.ts';

/**
 * Lets a workload call the card payment provider.
 * @param url base URL of a provider on the internet; without one, the sandbox provider behind the load balancer is used
 */
export const paymentProviderCapability = (loadBalancer: InternalLoadBalancer, url?: string): Capability => ({
  bind(workload) {
    if (url === undefined) loadBalancer.allowCallsFrom(workload);
    else workload.connections.allowToAnyIpv4(Port.HTTPS, 'Payment provider');
    workload.addEnvironment({ PAYMENT_PROVIDER_URL: url ?? `${loadBalancer.url}/sandbox` });
  },
});
