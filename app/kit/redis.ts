import { Redis } from 'ioredis';
import type { RedisConfig } from './config.ts';
import type { Logger } from './log.ts';

/**
 * Commands fail within a second, or at once while there is no connection, instead of waiting for one:
 * Redis down means slower, not down. Reconnects for ever.
 */
export function connectRedis(config: RedisConfig, log: Logger): Redis {
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
    // After a failover the old primary answers that it is a replica now: 2 connects anew and sends the command again.
    reconnectOnError: ({ message }) => (message.startsWith('READONLY') ? 2 : false),
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
  redis.on('error', (err) => log.warn({ err }, 'redis is not available'));
  return redis;
}
