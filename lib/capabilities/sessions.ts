import { Secret } from 'aws-cdk-lib/aws-ecs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

import type { Capability } from './capability.ts';

/** Gives a workload the secret that signs the cookies of sessions. The sessions are in Redis, which it has as well. */
export const sessionsCapability = (sessionSecret: ISecret): Capability => ({
  bind(workload) {
    workload.addSecrets({ SESSION_SECRET: Secret.fromSecretsManager(sessionSecret) });
  },
});
