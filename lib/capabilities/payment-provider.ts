import { Port } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-ecs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

import type { InternalLoadBalancer } from '../constructs/internal-load-balancer.ts';
import type { Capability } from './capability.ts';

/**
 * Lets a workload call the card payment provider.
 * @param key with which the provider is called
 * @param url base URL of a provider on the internet; without one, the sandbox provider behind the load balancer is used
 */
export const paymentProviderCapability = (
  loadBalancer: InternalLoadBalancer,
  key: ISecret,
  url?: string,
): Capability => ({
  bind(workload) {
    if (url === undefined) loadBalancer.allowCallsFrom(workload);
    else workload.connections.allowToAnyIpv4(Port.HTTPS, 'Payment provider');
    workload.addEnvironment({ PAYMENT_PROVIDER_URL: url ?? `${loadBalancer.url}/sandbox` });
    workload.addSecrets({ PAYMENT_PROVIDER_KEY: Secret.fromSecretsManager(key) });
  },
});
