import { Secret } from 'aws-cdk-lib/aws-ecs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

import type { Capability } from './capability.ts';

/** Gives the sandbox payment provider the key with which it is called, so that it refuses everybody else. */
export const sandboxProviderCapability = (key: ISecret): Capability => ({
  bind(workload) {
    workload.addSecrets({ PAYMENT_PROVIDER_KEY: Secret.fromSecretsManager(key) });
  },
});
