import { expect, test } from '@jest/globals';
import { isOutage } from '../../../app/kit/outage.ts';
import { createPace, type Pace } from '../../../app/kit/pace.ts';
import type { ScriptRedis } from '../../../app/kit/redis-script.ts';
import { silentTask } from '../../support/task.ts';

const { log } = silentTask({});
const down: ScriptRedis = {
  evalsha: () => Promise.reject(new Error('Connection is closed.')),
  eval: () => Promise.reject(new Error('not used')),
};

function paceIn(redis: ScriptRedis, { tasks = 1, maxWaitMs = 30_000 } = {}): Pace {
  return createPace({ redis, name: 'test', tasks, maxWaitMs, log });
}

test('while Redis is down, tasks that take their shares have no more turns together than the rate', async () => {
  const times: number[] = [];
  const take = async (pace: Pace) => {
    await pace(40);
    times.push(performance.now());
  };
  const tasks = Array.from({ length: 4 }, () => paceIn(down, { tasks: 4 }));
  await Promise.all(tasks.flatMap((pace) => Array.from({ length: 12 }, () => take(pace))));
  const sorted = times.toSorted((a, b) => a - b);
  // Any 41 successive turns are more than a second apart.
  for (let i = 40; i < sorted.length; i += 1) expect(sorted[i]! - sorted[i - 40]!).toBeGreaterThan(1_000);
});

test('a turn that is further away than the longest wait is refused as an outage, which uses up no receive', async () => {
  const pace = paceIn(down, { maxWaitMs: 500 });
  // Whether it takes its turn or sleeps through it, the next one is a second away.
  await pace(1).catch(() => {});
  const refused = await pace(1).catch((error: unknown) => error);
  expect(String(refused)).toContain('No turn of 1 a second is free within 500 ms');
  expect(isOutage(refused)).toBe(true);
});

test('a turn that the task has slept through is not used', async () => {
  let reserved = 0;
  const pace = paceIn({
    ...down,
    async evalsha() {
      reserved += 1;
      const until = performance.now() + (reserved === 1 ? 50 : 0);
      while (performance.now() < until);
      return 0;
    },
  });
  await pace(100);
  expect(reserved).toBeGreaterThan(1);
});
