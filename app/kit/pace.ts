import timers from 'node:timers/promises';
import type { Logger } from './log.ts';
import { OverloadError } from './problem.ts';
import { createScript, type ScriptRedis } from './redis-script.ts';

/** Share of the rate that is used: the rest is for calls that leave their task a little late. */
const used = 0.99;

/** How late a turn may be taken, in ms: the unused share of a second. */
const slackMs = 10;

/**
 * Reserves the first time that no other caller has, and returns in how many us it is; -1 if that is too far away. The time is
 * that of the server, so that the clocks of the tasks do not matter. The key holds the first time that is free, and expires
 * when that is over. Arguments: the time between two turns and the longest wait, in us.
 */
const reserve = createScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
if turn - now > tonumber(ARGV[2]) then return -1 end
local free = turn + ARGV[1]
redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', math.ceil((free - now) / 1000))
return turn - now`);

export interface PaceOptions {
  readonly redis: ScriptRedis;
  /** Of what is paced: part of the key in Redis. */
  readonly name: string;
  /** Most tasks that share the rate. */
  readonly tasks: number;
  /** How long a turn is waited for, in ms. */
  readonly maxWaitMs: number;
  readonly log: Logger;
}

/** Waits for a turn. @throws OverloadError if there is none within the longest wait */
export type Pace = (perSecond: number) => Promise<void>;

/**
 * Creates a function that gives its callers in all tasks turns at equal distances, 99 % of `perSecond` in each second. A turn
 * that this process has slept through is not used, so no second has more. While Redis is not available, each task takes its own
 * share of the rate, so that all together have no more than it; while only some tasks lack Redis, their shares come on top.
 */
export function createPace({ redis, name, tasks, maxWaitMs, log }: PaceOptions): Pace {
  const reserveAlone = createMemoryReserve();
  let isAlone = false;

  async function waitFor(perSecond: number, maxMs: number): Promise<number> {
    const distance = 1_000_000 / (perSecond * used);
    try {
      const us = Number(await reserve(redis, [`pace:${name}`], [Math.ceil(distance), Math.floor(maxMs * 1000)]));
      if (isAlone) log.info({ name }, 'the pace is shared in Redis again');
      isAlone = false;
      return us / 1000;
    } catch (err) {
      if (!isAlone) log.warn({ err, name }, 'each task takes its own share of the pace: Redis is not available');
      isAlone = true;
      return reserveAlone((distance / 1000) * tasks, maxMs);
    }
  }

  return async (perSecond) => {
    const giveUpAt = performance.now() + maxWaitMs;
    for (;;) {
      const askedAt = performance.now();
      const waitMs = await waitFor(perSecond, giveUpAt - askedAt);
      if (waitMs < 0)
        throw new OverloadError(`No turn of ${perSecond} a second is free within ${maxWaitMs} ms`, undefined);
      await timers.setTimeout(Math.ceil(waitMs));
      if (performance.now() - askedAt - waitMs <= slackMs) return;
    }
  };
}

/** Does what the script does, in this process alone, in ms. */
function createMemoryReserve() {
  let free = 0;
  return (distanceMs: number, maxMs: number): number => {
    const now = performance.now();
    const turn = Math.max(now, free);
    if (turn - now > maxMs) return -1;
    free = turn + distanceMs;
    return turn - now;
  };
}
