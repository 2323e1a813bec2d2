import type { Host } from '../../host/host.ts';
import { Handles } from '../../kernel/handles.ts';
import { listenerRule } from './listener-rule.ts';
import { listener, type RunningListener } from './listener.ts';
import { loadBalancer } from './load-balancer.ts';
import type { LoadBalancer } from './load-balancer/load-balancer.ts';
import type { TargetGroup } from './load-balancer/target-group.ts';
import { createListenerPorts } from './ports.ts';
import { targetGroup } from './target-group.ts';

/** What the load balancers need of the host. */
export type BalancingHost = Pick<Host, 'region' | 'accountId' | 'ports' | 'log'>;

/**
 * Application Load Balancers: listeners on ports of 127.0.0.1, in the runtime's own process. Services register their tasks
 * with the `targetGroups`; a CDN forwards to the `loadBalancers`.
 */
export function elbv2(host: BalancingHost) {
  const targetGroups = new Handles<TargetGroup>('target group');
  const loadBalancers = new Handles<LoadBalancer>('load balancer');
  const listeners = new Handles<RunningListener>('listener');
  const ports = createListenerPorts(host.ports);
  return {
    definitions: [
      targetGroup(host, targetGroups),
      loadBalancer(host, ports, loadBalancers),
      listener({ ports, loadBalancers, listeners, targetGroups }),
      listenerRule(listeners, targetGroups),
    ],
    targetGroups,
    loadBalancers,
  };
}
