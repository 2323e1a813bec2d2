import type { InternalLoadBalancer } from '../constructs/internal-load-balancer.ts';
import type { Capability } from './capability.ts';

/** Lets a workload call HTTP services through the load balancer. */
export const callsCapability = (loadBalancer: InternalLoadBalancer): Capability => ({
  bind(workload) {
    loadBalancer.allowCallsFrom(workload);
    workload.addEnvironment({ SERVICES_URL: loadBalancer.url });
  },
});
