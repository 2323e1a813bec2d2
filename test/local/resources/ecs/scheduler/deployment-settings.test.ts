import { expect, test } from '@jest/globals';

import { pauseAfter } from '../../../../../local/resources/ecs/scheduler/backoff.ts';
import { bounds, failureThreshold } from '../../../../../local/resources/ecs/scheduler/deployment-settings.ts';
import { settings } from './rig.ts';

test('pauses grow from nothing to half a minute', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map(pauseAfter)).toEqual([
    0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

test('the fewest healthy tasks are rounded up, the most running ones down', () => {
  const percents = { ...settings, minimumHealthyPercent: 50, maximumPercent: 150 };
  expect(bounds(3, percents)).toEqual({ fewestHealthy: 2, mostRunning: 4 });
});

test('half of the desired tasks may fail, 3 at least and 200 at most', () => {
  const threshold = (desired: number) => failureThreshold(desired, settings.circuitBreaker);
  expect([1, 6, 7, 25, 400, 800].map(threshold)).toEqual([3, 3, 4, 13, 200, 200]);
});

test('a threshold of the template replaces the default', () => {
  const { circuitBreaker } = settings;
  expect(failureThreshold(4, { ...circuitBreaker, threshold: { type: 'COUNT', value: 7 } })).toBe(7);
  const unbounded = { type: 'UNBOUNDED_PERCENT', value: 25 } as const;
  expect(failureThreshold(4, { ...circuitBreaker, threshold: unbounded })).toBe(1);
});
