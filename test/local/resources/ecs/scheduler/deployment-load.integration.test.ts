import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { Balancer } from './balancer.ts';
import { createRig, type Rig } from './rig.ts';

let rig: Rig;

beforeEach(() => {
  rig = createRig();
});

afterEach(() => rig.dispose());

/** Takes 50 ms for a request, and exits on SIGTERM without waiting for those under way. */
const slow = `
  require('node:http')
    .createServer((request, response) => setTimeout(() => response.end(process.env.GREETING), 50))
    .listen(process.env.PORT, process.env.HOST);
  process.on('SIGTERM', () => process.exit(0));
`;

/** Sends a request every 5 ms until stopped. Returns how often each body, or error, came back. */
function load(balancer: Balancer) {
  const bodies = new Map<string, number>();
  const requests: Promise<void>[] = [];
  const count = (body: string): void => void bodies.set(body, (bodies.get(body) ?? 0) + 1);
  const timer = setInterval(() => {
    requests.push(balancer.send().then(count, (error: unknown) => count(String(error))));
  }, 5);
  return async () => {
    clearInterval(timer);
    await Promise.all(requests);
    return Object.fromEntries(bodies);
  };
}

test.each([
  ['new tasks beside the old ones', { minimumHealthyPercent: 100, maximumPercent: 200 }],
  ['old tasks that make room', { minimumHealthyPercent: 50, maximumPercent: 100 }],
])('a deployment under load loses no request: %s', async (_how, settings) => {
  const balancer = new Balancer();
  const targetGroups = [balancer];
  const shop = rig.run(slow, { desired: 2, settings, targetGroups });
  await shop.steady();
  const stopLoad = load(balancer);
  await sleep(200);
  const environment = async () => ({ GREETING: 'good day' });
  shop.deploy(rig.revision(slow, { name: 'shop:2', targetGroups, environment }));
  await shop.steady();
  await sleep(200);
  const bodies = await stopLoad();
  expect(bodies).toEqual({ hello: expect.any(Number), 'good day': expect.any(Number) });
});

test('a deployment that is rolled back under load loses no request', async () => {
  const balancer = new Balancer();
  const targetGroups = [balancer];
  const circuitBreaker = {
    enabled: true,
    rollback: true,
    resetOnHealthyTask: true,
    threshold: { type: 'BOUNDED_PERCENT', value: 50 },
  } as const;
  const shop = rig.run(slow, { desired: 2, settings: { circuitBreaker }, targetGroups });
  await shop.steady();
  const stopLoad = load(balancer);
  shop.deploy(rig.revision('process.exit(1)', { name: 'shop:2', targetGroups }));
  await expect(shop.steady()).rejects.toThrow('shop:1 runs again');
  expect(await stopLoad()).toEqual({ hello: expect.any(Number) });
});
