import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { createPace } from '../../../app/kit/pace.ts';
import { connectRedis } from '../../../app/kit/redis.ts';
import { eventually } from '../../support/eventually.ts';
import { silentTask } from '../../support/task.ts';

const tasks: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const task of tasks.splice(0)) await task.stop();
});

/** Returns a pace on a connection of its own; `onReserve` is called for each turn that it reserves. */
async function connectedPace(name: string, onReserve: () => void) {
  const task = silentTask({
    REDIS_ENDPOINT: process.env['TEST_REDIS'] ?? '',
    REDIS_USER: 'default',
    REDIS_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
  });
  tasks.push(task);
  const redis = connectRedis(task);
  await eventually(() => redis.ping());
  const counting = {
    eval: (...args: Parameters<typeof redis.eval>) => redis.eval(...args),
    async evalsha(sha: string, keys: number, ...args: (string | number)[]) {
      const reserved = await redis.evalsha(sha, keys, ...args);
      onReserve();
      return reserved;
    },
  };
  return createPace({ redis: counting, name, tasks: 4, maxWaitMs: 30_000, log: task.log });
}

test('turns over four connections use the rate to 2 %, and no second has more', async () => {
  const [rate, name] = [20, randomUUID()];
  let reserved = 0;
  const paces = await Promise.all(Array.from({ length: 4 }, () => connectedPace(name, () => (reserved += 1))));
  const times: number[] = [];
  const callers = paces.flatMap((pace) => Array.from({ length: 5 }, () => pace));
  await Promise.all(
    callers.map(async (pace) => {
      for (let i = 0; i < 4; i += 1) {
        await pace(rate);
        times.push(performance.now());
      }
    }),
  );
  expect(times).toHaveLength(80);
  // Any 21 successive turns are more than a second apart.
  for (let i = rate; i < times.length; i += 1) expect(times[i]! - times[i - rate]!).toBeGreaterThanOrEqual(1_000);
  // Those that this process has slept through are turns as well.
  const perSecond = ((reserved - 1) * 1000) / (times.at(-1)! - times[0]!);
  expect(perSecond / rate).toBeGreaterThan(0.98);
  expect(perSecond / rate).toBeLessThanOrEqual(1);
});
