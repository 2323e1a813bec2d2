import { keyOf, type Claim, type Decision } from './limit.ts';
import { createScript, type ScriptRedis } from './redis-script.ts';

/** The commands of Redis that limits use. */
export interface LimitRedis extends ScriptRedis {
  ping(): Promise<unknown>;
}

/**
 * Each key is a list of the times in us at which its requests were allowed, newest first: as long as its quota at most. The
 * time is that of the server, so that the clocks of the tasks do not matter. A key is kept 1 ms longer than its window,
 * because the expiry is in whole ms. Arguments: how many keys each request has, then the quota and the window of each key.
 */
export const script = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local refusals, states = {}, {}
local function take(first, last)
  local refused = 0
  for i = first, last do
    local key, quota, window = KEYS[i], tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
    local oldest = redis.call('LINDEX', key, -1)
    while oldest and now - oldest >= window do
      redis.call('RPOP', key)
      oldest = redis.call('LINDEX', key, -1)
    end
    local used = redis.call('LLEN', key)
    if used >= quota and refused == 0 then refused = i - first + 1 end
    states[2 * i - 1] = used
    states[2 * i] = oldest and window - (now - oldest) or window
  end
  refusals[#refusals + 1] = refused
  if refused > 0 then return end
  for i = first, last do
    redis.call('LPUSH', KEYS[i], string.format('%.0f', now))
    redis.call('PEXPIRE', KEYS[i], string.format('%.0f', ARGV[2 * i + 1] / 1000 + 1))
    states[2 * i - 1] = states[2 * i - 1] + 1
  end
end
local first = 1
for keys in string.gmatch(ARGV[1], '%d+') do
  take(first, first + keys - 1)
  first = first + keys
end
return {refusals, states}`;

const run = createScript(script);

/** Decides several requests in one round trip, in their order, exactly over all processes. */
export async function takeInRedis(redis: LimitRedis, requests: readonly (readonly Claim[])[]): Promise<Decision[]> {
  const claims = requests.flat();
  const args = claims.flatMap(({ limit: { quota, windowSeconds } }) => [quota, windowSeconds * 1_000_000]);
  const counts = requests.map(({ length }) => length).join(' ');
  const [refusals, states] = (await run(redis, claims.map(keyOf), [counts, ...args])) as [number[], number[]];
  let next = 0;
  return requests.map(({ length }, i) => {
    const own = states.slice(2 * next, 2 * (next += length));
    return {
      refused: refusals[i]! - 1,
      used: own.filter((_, j) => j % 2 === 0),
      freeInMs: own.filter((_, j) => j % 2 === 1).map((us) => us / 1000),
    };
  });
}
