import { Redis } from 'ioredis';
import type { Breaker } from './breaker.ts';
import type { RedisConfig } from './config.ts';
import { DependencyError } from './problem.ts';
import type { Task } from './task.ts';

/** How long a command waits for its response, in ms. */
const commandTimeout = 1_000;
/** How often the connection is tried, in ms. */
const heartbeatInterval = 1_000;

/**
 * Connects to Redis when the task listens, or a command comes earlier, and reconnects for ever. Commands wait for the first
 * attempt. Later they fail within a second, or at once while there is no connection: a service that waited for Redis would be down
 * with it, instead of slower. A connection that has gone silent is replaced
 * within 2 s; the next one is up within 3 s of the silence, if the server can be reached.
 */
export function connectRedis({ config, log, breakers, onListening, onStop }: Task<RedisConfig>): Redis {
  const [host, port] = config.REDIS_ENDPOINT.split(':') as [string, string];
  const redis = new Redis({
    host,
    port: Number(port),
    username: config.REDIS_USER,
    password: config.REDIS_PASSWORD,
    tls: { servername: host },
    connectTimeout: 1_500,
    commandTimeout,
    // A connection that is silent while it signs in is closed; the other end would never respond to that.
    disconnectTimeout: 200,
    // The users of the services may not run CLIENT SETINFO.
    disableClientInfo: true,
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    keepAlive: 10_000,
    // After a failover the former primary responds that it is a replica: 2 reconnects and sends the command again.
    reconnectOnError: ({ message }) => (message.startsWith('READONLY') ? 2 : false),
    retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
  });
  const failWithoutConnection = () => (redis.options.enableOfflineQueue = false);
  redis.once('ready', failWithoutConnection).once('close', failWithoutConnection);
  // A failure is logged below, as later ones are.
  onListening(() => void (redis.status === 'wait' && redis.connect().catch(() => {})));
  redis.on('error', (err) => log.warn({ err }, 'Redis is not available'));
  // Each heartbeat probes, and each connection after an outage: no command has to.
  const breaker = breakers.create({
    name: 'Redis',
    probeAfterMs: 0,
    counts: (error) => (error as Error).name !== 'ReplyError',
  });
  refuseWhileDown(redis, breaker);
  const probe = () => void replaceSilentConnection(redis, breaker);
  redis.on('ready', () => breaker.closed || probe());
  const heartbeat = setInterval(probe, heartbeatInterval);
  onStop('connections', () => {
    clearInterval(heartbeat);
    redis.disconnect();
  });
  return redis;
}

/**
 * A host that is lost sends nothing more: neither FIN nor RST. TCP gives up on it only after about 15 minutes
 * (`tcp_retries2`, man 7 tcp). ioredis's `socketTimeout` is not used: its timer outlives the connection it was set for,
 * and then closes the next one.
 */
async function replaceSilentConnection(redis: Redis, breaker: Breaker): Promise<void> {
  if (redis.status !== 'ready') return;
  const { stream } = redis;
  try {
    await breaker.execute(() => redis.ping());
  } catch (error) {
    // An error that the server sent shows that it responds. Another heartbeat may still wait.
    if ((error as Error).name === 'ReplyError' || error instanceof DependencyError) return;
    stream.destroy(new Error(`Redis did not respond within ${commandTimeout} ms`));
  }
}

/**
 * Makes commands fail at once while the circuit is open, and counts the outcomes of others. Not those of a heartbeat, nor of
 * a connection that is being set up: they find out whether Redis is back.
 */
function refuseWhileDown(redis: Redis, breaker: Breaker): void {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    if (command.name === 'ping' || redis.status === 'connect') return send(command, stream);
    if (!breaker.closed) {
      command.reject(new DependencyError('Redis'));
      return command.promise;
    }
    command.promise.then(
      () => breaker.record(),
      (error: Error) => breaker.record(error),
    );
    writeTogether(redis);
    return send(command, stream);
  };
}

/** The commands of all requests that are handled in one turn of the event loop are one write: each costs a system call. */
function writeTogether({ stream }: Redis): void {
  if (stream === undefined || stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
