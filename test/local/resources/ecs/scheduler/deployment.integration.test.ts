import { afterEach, beforeEach, expect, test } from '@jest/globals';

import type { CircuitBreaker } from '../../../../../local/resources/ecs/scheduler/deployment-settings.ts';
import { eventually } from '../../../../support/eventually.ts';
import { createRig, FakeTargetGroup, serve, settings, type Rig } from './rig.ts';

let rig: Rig;

beforeEach(() => {
  rig = createRig();
});

afterEach(async () => {
  await rig.dispose();
  expect([...rig.children]).toEqual([]);
});

const breaker = (more: Partial<CircuitBreaker>) => ({
  circuitBreaker: { ...settings.circuitBreaker, enabled: true, ...more },
});
const crash = `console.log('no such column'); process.exit(3)`;
const next = (greeting: string) => ({ name: 'shop:2', environment: async () => ({ GREETING: greeting }) });
const greetings = async (ports: readonly number[]) =>
  Promise.all(ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}`)).text()));

test('a deployment replaces every task by one of the next revision', async () => {
  const shop = rig.run(serve, { desired: 2 });
  await shop.steady();
  const before = new Set(shop.status().tasks.map(({ id }) => id));
  shop.deploy(rig.revision(serve, next('good day')));
  await shop.steady();
  await eventually(async () => expect(shop.status().tasks).toHaveLength(2));
  const after = shop.status().tasks;
  expect(after.map(({ id }) => before.has(id))).toEqual([false, false]);
  await eventually(async () =>
    expect(await greetings(after.map(({ port }) => port))).toEqual(['good day', 'good day']),
  );
  expect(rig.notes).toEqual([]);
});

test('tasks of the old revision stay until new ones are healthy', async () => {
  const shop = rig.run(serve, { desired: 2 });
  await shop.steady();
  const slow = new FakeTargetGroup();
  slow.state = 'initial';
  shop.deploy(rig.revision(serve, { ...next('good day'), targetGroups: [slow] }));
  await eventually(async () => expect(slow.registered.size).toBe(2));
  expect(shop.status()).toMatchObject({ healthy: 2 });
  expect(rig.group.registered.size).toBe(2);
  slow.state = 'healthy';
  await shop.steady();
  expect(rig.group.registered.size).toBe(0);
});

test('with no more tasks allowed than desired, old tasks stop first, down to the fewest healthy', async () => {
  const shop = rig.run(serve, { desired: 2, settings: { minimumHealthyPercent: 50, maximumPercent: 100 } });
  await shop.steady();
  const slow = new FakeTargetGroup();
  slow.state = 'initial';
  shop.deploy(rig.revision(serve, { ...next('good day'), targetGroups: [slow] }));
  await eventually(async () => expect(slow.registered.size).toBe(1));
  expect(rig.group.registered.size).toBe(1);
  slow.state = 'healthy';
  await shop.steady();
  expect([slow.registered.size, rig.group.registered.size]).toEqual([2, 0]);
});

test('settings that leave no room for a deployment refuse it, with the remedy', async () => {
  const shop = rig.run(serve, { settings: { minimumHealthyPercent: 50, maximumPercent: 100 } });
  await shop.steady();
  expect(() => shop.deploy(rig.revision(serve, next('good day')))).toThrow(
    'at least 1 of 1 must stay healthy (MinimumHealthyPercent 50) and at most 1 may run (MaximumPercent 100). Lower',
  );
});

test('a crash-looping revision is rolled back, and its tasks never replace the old ones', async () => {
  const shop = rig.run(serve, { desired: 2, settings: breaker({ rollback: true }) });
  await shop.steady();
  const before = shop.status().tasks;
  const never = new FakeTargetGroup();
  never.state = 'initial';
  shop.deploy(rig.revision(crash, { name: 'shop:2', targetGroups: [never] }));
  const failure = shop.steady();
  await expect(failure).rejects.toThrow(/^shop fails again and again: task shop-.{4} ended \(exit code 3\)/);
  await expect(failure).rejects.toThrow(/no such column\n.*\n  The deployment was rolled back: shop:1 runs again\.$/);
  expect(rig.notes.at(-1)).toMatch(/; the deployment of shop:2 has failed and is rolled back to shop:1$/);
  await eventually(async () => expect(shop.status().tasks).toEqual(before));
  // What is deployed next starts with a clean slate.
  shop.deploy(rig.revision(serve, { ...next('good day'), name: 'shop:3' }));
  await shop.steady();
});

test('a rollback replaces the old tasks that had to stop', async () => {
  const shop = rig.run(serve, {
    desired: 2,
    settings: { ...breaker({ rollback: true }), minimumHealthyPercent: 50, maximumPercent: 100 },
  });
  await shop.steady();
  const slow = new FakeTargetGroup();
  slow.state = 'initial';
  shop.deploy(rig.revision(crash, { name: 'shop:2', targetGroups: [slow] }));
  await expect(shop.steady()).rejects.toThrow('The deployment was rolled back: shop:1 runs again.');
  expect(shop.status()).toMatchObject({ desired: 2, healthy: 2 });
  expect(rig.group.registered.size).toBe(2);
});

test('without rollback a failed deployment starts no more tasks and keeps the old ones', async () => {
  const shop = rig.run(serve, { settings: breaker({ rollback: false }) });
  await shop.steady();
  const before = shop.status().tasks;
  const broken = new FakeTargetGroup();
  broken.state = 'unhealthy';
  shop.deploy(rig.revision(serve, { ...next('good day'), targetGroups: [broken] }));
  await expect(shop.steady()).rejects.toThrow('Tasks of shop:1 run on; the new one is given up.');
  await eventually(async () => expect(shop.status().tasks).toEqual(before));
  expect(broken.events.filter((event) => event === 'registered')).toHaveLength(3);
});

test('without a circuit breaker a failed deployment goes on, while the old tasks run', async () => {
  const shop = rig.run(serve);
  await shop.steady();
  const broken = new FakeTargetGroup();
  broken.state = 'unhealthy';
  shop.deploy(rig.revision(serve, { ...next('good day'), targetGroups: [broken] }));
  await expect(shop.steady()).rejects.toThrow('Tasks of shop:1 run on; the new one is tried again.');
  expect(shop.status()).toMatchObject({ healthy: 1 });
  broken.state = 'healthy';
  await eventually(async () => expect(rig.group.registered.size).toBe(0));
});

test('a restart replaces every task, new ones first', async () => {
  const shop = rig.run(serve);
  await shop.steady();
  const [before] = shop.status().tasks;
  await shop.restart();
  await eventually(async () => expect(shop.status().tasks).toHaveLength(1));
  expect(shop.status().tasks[0]?.id).not.toBe(before?.id);
  const order = rig.parts.map((part) =>
    part.startsWith(`${before?.id}`) ? `old ${part.split(' ')[1]}` : part.split(' ')[1],
  );
  expect(order.indexOf('old draining')).toBeGreaterThan(order.lastIndexOf('healthy'));
});
