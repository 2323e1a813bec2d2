import { Secret } from 'aws-cdk-lib/aws-ecs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

import type { RedisCache } from '../constructs/redis-cache.ts';
import type { Capability } from './capability.ts';

/** Connects a workload to the sessions in Redis as its own user, with the secret that signs their cookies. */
export const sessionsCapability = (redis: RedisCache, sessionSecret: ISecret): Capability => ({
  bind(workload, { name }) {
    workload.connections.allowToDefaultPort(redis, 'Redis');
    workload.addEnvironment({ REDIS_ENDPOINT: redis.endpoint, REDIS_USER: name });
    workload.addSecrets({
      REDIS_PASSWORD: Secret.fromSecretsManager(redis.passwords.get(name)!),
      SESSION_SECRET: Secret.fromSecretsManager(sessionSecret),
    });
  },
});
