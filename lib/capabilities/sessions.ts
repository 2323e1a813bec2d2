import { Secret } from 'aws-cdk-lib/aws-ecs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

import type { RedisCache } from '../constructs/redis-cache.ts';
import type { Capability } from './capability.ts';

/** Gives a workload the sessions in Redis and the secret that signs their cookies. */
export const sessionsCapability = (redis: RedisCache, sessionSecret: ISecret): Capability => ({
  bind(workload) {
    workload.connections.allowToDefaultPort(redis, 'Redis');
    workload.addEnvironment({ REDIS_ENDPOINT: redis.endpoint });
    workload.addSecrets({
      REDIS_AUTH_TOKEN: Secret.fromSecretsManager(redis.authToken),
      SESSION_SECRET: Secret.fromSecretsManager(sessionSecret),
    });
  },
});
