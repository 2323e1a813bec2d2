import type { CacheConfig } from '../config.ts';
import { connectRedis } from '../redis.ts';
import type { Task } from '../task.ts';
import { redisLayer } from './redis-layer.ts';
import type { SharedCache } from './shared.ts';

/** Connects to the cache that the tasks of the service share, by a connection for commands and one that subscribes. */
export function connectCache({ config, ...task }: Task<CacheConfig>): SharedCache {
  const connect = () =>
    connectRedis({
      ...task,
      config: {
        REDIS_ENDPOINT: config.CACHE_ENDPOINT,
        REDIS_USER: config.CACHE_USER,
        REDIS_PASSWORD: config.CACHE_PASSWORD,
      },
    });
  return redisLayer(config.CACHE_USER, connect(), connect());
}
