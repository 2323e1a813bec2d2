import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  leastOutstandingRequests,
  roundRobin,
  weightedRandom,
  type Algorithm,
  type Candidate,
} from '../../../../../local/resources/elbv2/load-balancer/algorithms.ts';

interface Fake extends Candidate {
  outstanding: number;
  chosen: number;
}

const target = (share = 1, outstanding = 0): Fake => ({ outstanding, chosen: 0, share: () => share });

const choose = (algorithm: Algorithm, targets: Fake[], times: number): number[] => {
  for (let time = 0; time < times; time++) algorithm(targets).chosen++;
  return targets.map(({ chosen }) => chosen);
};

test('round robin gives each target the same number of requests, within one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(200), (count, times) => {
      const chosen = choose(
        roundRobin(),
        Array.from({ length: count }, () => target()),
        times,
      );
      expect(Math.max(...chosen) - Math.min(...chosen)).toBeLessThanOrEqual(1);
    }),
  );
});

test('a target in slow start gets its share of a full target', () => {
  const [full, slow] = choose(roundRobin(), [target(), target(0.25)], 1000);
  expect(slow! / full!).toBeCloseTo(0.25, 2);
});

test('round robin chooses even when every target is in slow start', () => {
  expect(choose(roundRobin(), [target(0), target(0)], 4)).toEqual([2, 2]);
});

test('least outstanding requests chooses the idlest target, and equals in turn', () => {
  const algorithm = leastOutstandingRequests();
  const targets = [target(1, 3), target(1, 1), target(1, 1)];
  expect(choose(algorithm, targets, 100)).toEqual([0, expect.any(Number), expect.any(Number)]);
  expect(targets.every(({ chosen }, index) => index === 0 || chosen > 0)).toBe(true);
});

test('least outstanding requests evens out what is under way', () => {
  const algorithm = leastOutstandingRequests();
  const targets = [target(1, 7), target(1, 0), target(1, 2)];
  for (let time = 0; time < 12; time++) algorithm(targets).outstanding++;
  expect(targets.map(({ outstanding }) => outstanding)).toEqual([7, 7, 7]);
});

test('weighted random spreads evenly, in random order', () => {
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const chosen = choose(weightedRandom(random), [target(), target(), target()], 3000);
  for (const count of chosen) expect(Math.abs(count - 1000)).toBeLessThan(100);
});
