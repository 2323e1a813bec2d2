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

/** Returns a pace on a connection of its own; `onReserve` is called with each turn that it reserves, in us of the server. */
async function connectedPace(name: string, onReserve: (turn: number) => void) {
  const task = silentTask({
    REDIS_ENDPOINT: process.env['TEST_REDIS'] ?? '',
    REDIS_USER: 'default',
    REDIS_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
  });
  tasks.push(task);
  const redis = connectRedis(task);
  await eventually(() => redis.ping());
  const recording = {
    eval: (...args: Parameters<typeof redis.eval>) => redis.eval(...args),
    async evalsha(sha: string, keys: number, ...args: (string | number)[]) {
      const [time, waiting] = (await redis
        .multi()
        .time()
        .evalsha(sha, keys, ...args)
        .exec())!;
      if (waiting![0]) throw waiting![0];
      const [seconds, us] = (time![1] as string[]).map(Number) as [number, number];
      onReserve(seconds * 1_000_000 + us + Number(waiting![1]));
      return waiting![1];
    },
  };
  return createPace({ redis: recording, name, tasks: 4, maxWaitMs: 30_000, log: task.log });
}

test('turns over four connections use the rate to 2 %, and no second has more', async () => {
  const [rate, name] = [20, randomUUID()];
  const turns: number[] = [];
  const times: number[] = [];
  const paces = await Promise.all(
    Array.from({ length: 4 }, () => connectedPace(name, (turn) => void turns.push(turn))),
  );
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
  // While all callers wait. Turns that this process has slept through are among them.
  const steady = turns.toSorted((a, b) => a - b).slice(0, 50);
  const perSecond = (49 * 1_000_000) / (steady[49]! - steady[0]!);
  expect(perSecond / rate).toBeGreaterThan(0.98);
  expect(perSecond / rate).toBeLessThanOrEqual(1);
});
