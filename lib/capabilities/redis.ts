import { Secret } from 'aws-cdk-lib/aws-ecs';

import type { RedisCache } from '../constructs/redis-cache.ts';
import type { Capability } from './capability.ts';

/**
 * Connects a workload to Redis as its own user. No key of a definition names it: every HTTP service has it, for its limits, and
 * what sends mail.
 */
export const redisCapability = (redis: RedisCache): Capability => ({
  bind(workload, { name }) {
    workload.connections.allowToDefaultPort(redis, 'Redis');
    workload.addEnvironment({ REDIS_ENDPOINT: redis.endpoint, REDIS_USER: name });
    workload.addSecrets({ REDIS_PASSWORD: Secret.fromSecretsManager(redis.passwords.get(name)!) });
  },
});
