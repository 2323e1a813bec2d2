import { Secret } from 'aws-cdk-lib/aws-ecs';

import type { RedisCache } from '../constructs/redis-cache.ts';
import type { Capability } from './capability.ts';

/** Connects a workload to the cache as its own user, who is confined to the keys and the channel of the workload. */
export const cacheCapability = (redis: RedisCache | undefined): Capability => ({
  bind(workload, { name }) {
    workload.connections.allowToDefaultPort(redis!, 'Redis for caches');
    workload.addEnvironment({ CACHE_ENDPOINT: redis!.endpoint, CACHE_USER: name });
    workload.addSecrets({ CACHE_PASSWORD: Secret.fromSecretsManager(redis!.passwords.get(name)!) });
  },
});
