import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { bounds } from '../../../../../local/resources/ecs/scheduler/deployment-settings.ts';
import { plan, type PlannedTask } from '../../../../../local/resources/ecs/scheduler/plan.ts';
import { settings } from './rig.ts';

const task = (isCurrent: boolean, health: PlannedTask['health'] = 'healthy'): PlannedTask => ({ isCurrent, health });
const old = (count: number) => Array.from({ length: count }, () => task(false));

test.each([
  // desired, minimum, maximum, first step
  [4, 100, 200, { start: 4, stop: 0 }],
  [4, 50, 100, { start: 0, stop: 2 }],
  [4, 50, 150, { start: 2, stop: 2 }],
  [3, 50, 100, { start: 0, stop: 1 }],
  [3, 100, 150, { start: 1, stop: 0 }],
  [1, 0, 100, { start: 0, stop: 1 }],
])('a deployment over %i tasks with %i and %i percent begins with %j', (desired, minimum, maximum, expected) => {
  const percents = { ...settings, minimumHealthyPercent: minimum, maximumPercent: maximum };
  const { start, stop } = plan(old(desired), desired, percents);
  expect({ start, stop: stop.length }).toEqual(expected);
});

test('unhealthy tasks of the old revision stop first', () => {
  const sick = task(false, 'unhealthy');
  const tasks = [task(false), sick, task(true)];
  expect(plan(tasks, 2, { ...settings, minimumHealthyPercent: 50 }).stop).toEqual([sick]);
});

test('a surplus stops, tasks that are not healthy first, then the latest', () => {
  const [first, starting, last] = [task(true), task(true, 'initial'), task(true)];
  expect(plan([first, starting, last], 1, settings)).toEqual({ start: 0, stop: [starting, last] });
});

test('a deployment keeps both bounds at each step, and completes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 100, max: 300 }),
      (desired, minimumHealthyPercent, maximumPercent) => {
        const percents = { ...settings, minimumHealthyPercent, maximumPercent };
        const { fewestHealthy, mostRunning } = bounds(desired, percents);
        fc.pre(fewestHealthy < desired || mostRunning > desired);
        let tasks: readonly PlannedTask[] = old(desired);
        for (let step = 0; tasks.some(({ isCurrent }) => !isCurrent); step += 1) {
          expect(step).toBeLessThan(100);
          const { start, stop } = plan(tasks, desired, percents);
          const left = tasks.filter((each) => !stop.includes(each));
          expect(left.filter(({ health }) => health === 'healthy').length).toBeGreaterThanOrEqual(fewestHealthy);
          const started = Array.from({ length: start }, () => task(true, 'initial'));
          expect(tasks.length + start).toBeLessThanOrEqual(Math.max(mostRunning, desired));
          // One of the tasks that start becomes healthy at each step.
          const starting = [...left, ...started].find(({ health }) => health === 'initial');
          tasks = [...left, ...started].map((each) => (each === starting ? task(true) : each));
        }
        expect(tasks.length).toBeLessThanOrEqual(desired);
      },
    ),
  );
});
