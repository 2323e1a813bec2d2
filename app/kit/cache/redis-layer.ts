import timers from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { inTime } from '../in-time.ts';
import { decode, encode, freshDigits } from './entry.ts';
import type { SharedCache } from './shared.ts';

/** How long a request waits for Redis, in ms; a connection that is up responds within a few. */
const timeout = 200;
/** Time between two probes of a Redis that did not respond, in ms. */
const probeInterval = 500;
/** How long a task may load before another one may, in ms. The statements of PostgreSQL end sooner. */
const lockTime = 10_000;

/** Key, lock, fence; now, lock time. Returns the value, and the token if the caller is to load it. */
const take = `
local value = redis.call('GET', KEYS[1])
if value and tonumber(string.sub(value, 1, ${freshDigits})) > tonumber(ARGV[1]) then return {value, 0} end
if redis.call('EXISTS', KEYS[2]) == 1 then return {value, 0} end
local token = redis.call('INCR', KEYS[3])
redis.call('SET', KEYS[2], token, 'PX', ARGV[2])
return {value, token}`;
/** Key, lock; token, value, time to live. */
const store = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1`;
/** Lock; token. */
const release = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0`;

/**
 * Keeps entries in Redis under `cache:<service>:`. Whether a key is fresh and who loads it is decided in one script, so that
 * no task loads what another one has just stored. The token grows with every load; a task that was slower than its lock, or
 * than an invalidation, stores nothing. `subscriber` is a connection of its own: one that subscribes runs nothing else.
 */
export function redisLayer(name: string, redis: Redis, subscriber: Redis): SharedCache {
  const keyOf = (key: string) => `cache:${name}:value:${key}`;
  const lockOf = (key: string) => `cache:${name}:lock:${key}`;
  const fence = `cache:${name}:fence`;
  const channel = `cache:${name}`;
  let silent = false;
  let listening = false;

  /** The first command that gets no response is the last one until a probe shows that Redis responds. */
  async function run<T>(command: Promise<T>): Promise<T> {
    try {
      return await inTime(command, timeout);
    } catch (error) {
      command.catch(() => {});
      if ((error as Error).name !== 'ReplyError' && !silent) void probe();
      throw error;
    }
  }

  async function probe(): Promise<void> {
    silent = true;
    while (silent && redis.status !== 'end') {
      await timers.setTimeout(probeInterval, undefined, { ref: false });
      silent = await redis.ping().then(
        () => false,
        () => true,
      );
    }
  }

  return {
    // Before the first connection, commands wait for it.
    isAvailable: () => (redis.status === 'ready' || redis.options.enableOfflineQueue === true) && !silent,
    isListening: () => listening,
    async take(key) {
      const [bytes, token] = (await run(
        redis.callBuffer('EVAL', take, 3, keyOf(key), lockOf(key), fence, Date.now(), lockTime),
      )) as [Buffer | null, number];
      const entry = bytes === null ? undefined : decode(bytes);
      if (token > 0) return { token, stale: entry };
      return entry !== undefined && entry.freshUntil > Date.now() ? { entry } : { token: undefined, stale: entry };
    },
    async store(key, token, entry) {
      const ms = Math.max(1, Math.ceil(entry.staleUntil - Date.now()));
      return (await run(redis.eval(store, 2, keyOf(key), lockOf(key), token, encode(entry), ms))) === 1;
    },
    async release(key, token) {
      await run(redis.eval(release, 1, lockOf(key), token));
    },
    async invalidate(key) {
      await run(redis.del(keyOf(key), lockOf(key)));
      await run(redis.publish(channel, key));
    },
    onInvalidated(forget) {
      const listen = async () => {
        await subscriber.subscribe(channel);
        listening = true;
        // What was published while there was no subscription is lost.
        forget();
      };
      subscriber.on('message', (_channel, key: string) => forget(key));
      subscriber.on('close', () => (listening = false));
      // A connection that closes meanwhile becomes ready again later.
      subscriber.on('ready', () => void listen().catch(() => {}));
      if (subscriber.status === 'ready') void listen().catch(() => {});
    },
  };
}
