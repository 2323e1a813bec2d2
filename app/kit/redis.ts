import { Redis } from 'ioredis';
import type { RedisConfig } from './config.ts';
import type { Task } from './task.ts';

/**
 * Connects to Redis and reconnects for ever. Commands fail within a second, or at once while there is no connection: a
 * service that waited for Redis would be down with it, instead of slower.
 */
export function connectRedis({ config, log, onStop }: Task<RedisConfig>): Redis {
  const [host, port] = config.REDIS_ENDPOINT.split(':') as [string, string];
  const redis = new Redis({
    host,
    port: Number(port),
    password: config.REDIS_AUTH_TOKEN,
    tls: { servername: host },
    connectTimeout: 2_000,
    commandTimeout: 1_000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    keepAlive: 10_000,
    // After a failover the former primary responds that it is a replica: 2 reconnects and sends the command again.
    reconnectOnError: ({ message }) => (message.startsWith('READONLY') ? 2 : false),
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
  redis.on('error', (err) => log.warn({ err }, 'Redis is not available'));
  onStop('connections', () => redis.disconnect());
  return redis;
}
