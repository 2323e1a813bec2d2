import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Claim } from '../../../app/kit/limit.ts';
import { createMemoryLimiter } from '../../../app/kit/memory-limiter.ts';
import { createModel, limit, steps } from './limiter-model.ts';

test('the limiter decides as a list of all requests does, whenever they arrive', () => {
  fc.assert(
    fc.property(steps, (history) => {
      let time = 0;
      const limiter = createMemoryLimiter({ now: () => time });
      const model = createModel();
      for (const { afterMs, claims } of history) {
        time += afterMs;
        expect(limiter(claims)).toEqual(model(claims, time));
      }
    }),
  );
});

test('no window holds more than the quota, wherever it begins', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { minLength: 20, maxLength: 200 }), (pauses) => {
      const one = { ...limit('one', 5), windowSeconds: 1 };
      let time = 0;
      const limiter = createMemoryLimiter({ now: () => time });
      const allowed: number[] = [];
      for (const pause of pauses) {
        time += pause;
        if (limiter([{ limit: one, client: 'a' }]).refused === -1) allowed.push(time);
      }
      for (const begin of allowed)
        expect(allowed.filter((at) => at >= begin && at < begin + 1000).length).toBeLessThanOrEqual(5);
    }),
  );
});

test('it remembers the clients that were last seen, and no more than its maximum', () => {
  const limiter = createMemoryLimiter({ now: () => 0, maxKeys: 2 });
  const take = (client: string): number => limiter([{ limit: limit('one', 1), client } satisfies Claim]).refused;
  expect([take('a'), take('b'), take('a')]).toEqual([-1, -1, 0]);
  expect(take('c')).toBe(-1);
  expect(take('a')).toBe(0);
  expect(take('b')).toBe(-1);
});
