import { createHash } from 'node:crypto';
import { keyOf, type Claim, type Decision } from './limit.ts';

/** The commands of Redis that limits use. */
export interface LimitRedis {
  evalsha(sha: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
  ping(): Promise<unknown>;
}

/**
 * Each key is a list of the times in us at which its requests were allowed, newest first: as long as its quota at most. The
 * time is that of the server, so that the clocks of the tasks do not matter. A key is kept 1 ms longer than its window,
 * because the expiry is in whole ms.
 */
export const script = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local refused, result = 0, {}
for i, key in ipairs(KEYS) do
  local quota, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local oldest = redis.call('LINDEX', key, -1)
  while oldest and now - oldest >= window do
    redis.call('RPOP', key)
    oldest = redis.call('LINDEX', key, -1)
  end
  local used = redis.call('LLEN', key)
  if used >= quota and refused == 0 then refused = i end
  result[2 * i] = used
  result[2 * i + 1] = oldest and window - (now - oldest) or window
end
if refused == 0 then
  for i, key in ipairs(KEYS) do
    redis.call('LPUSH', key, string.format('%.0f', now))
    redis.call('PEXPIRE', key, string.format('%.0f', ARGV[2 * i] / 1000 + 1))
    result[2 * i] = result[2 * i] + 1
  end
end
result[1] = refused
return result`;

const sha = createHash('sha1').update(script).digest('hex');

/** Decides in one round trip, exactly over all processes. */
export async function takeInRedis(redis: LimitRedis, claims: readonly Claim[]): Promise<Decision> {
  const keys = claims.map(keyOf);
  const args = claims.flatMap(({ limit: { quota, windowSeconds } }) => [quota, windowSeconds * 1_000_000]);
  const [refused, ...states] = (await run(redis, keys, args)) as [number, ...number[]];
  return {
    refused: refused - 1,
    used: states.filter((_, i) => i % 2 === 0),
    freeInMs: states.filter((_, i) => i % 2 === 1).map((us) => us / 1000),
  };
}

async function run(redis: LimitRedis, keys: string[], args: number[]): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(script, keys.length, ...keys, ...args);
  }
}
