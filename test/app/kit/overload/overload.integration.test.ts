import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { apply } from '../../../../bench/load.ts';
import { applyOpen, type StreamOutcome } from '../../../../bench/open-loop.ts';
import { forwardTo } from '../../../../local/resources/elbv2/load-balancer/actions.ts';
import { createRig, until } from '../../../local/resources/elbv2/load-balancer/rig.ts';

// What is measured is disturbed by other work on the machine, for better or worse, but not three times in a row.
jest.retryTimes(2);

const rig = createRig();
const stops: (() => void)[] = [];
afterEach(async () => {
  await rig.stop();
  for (const stop of stops.splice(0)) stop();
});

const headers = { 'cloudfront-viewer-address': '198.51.100.9:4000' };

/**
 * Measures what a task behind the load balancer does in a second of its CPU time, when it has just enough to do and under four times
 * as much, a twentieth of it payments. CPU time, because other processes want the machine as well.
 */
async function overload(...args: string[]) {
  const task = fork(join(import.meta.dirname, 'busy-server.ts'), args);
  stops.push(() => task.kill());
  const [target] = (await once(task, 'message')) as [number];
  const group = rig.group({ healthCheck });
  group.register({ id: 'task', host: '127.0.0.1', port: target });
  await until(() => group.health('task') === 'healthy');
  const { port } = await rig.balancer(forwardTo([{ group, weight: 1 }]));

  const perCpuSecond = async <T>(load: () => Promise<T>, good: (outcome: T) => number) => {
    const before = await cpuSeconds(task);
    const outcome = await load();
    return { outcome, rate: good(outcome) / ((await cpuSeconds(task)) - before) };
  };
  const { outcome: closed, rate: capacity } = await perCpuSecond(
    () => apply({ port, path: '/browse', seconds: 3, connections: 2, clients: 'header' }),
    ({ ok }) => ok,
  );
  const seconds = 5;
  const { outcome, rate: goodput } = await perCpuSecond(
    () =>
      applyOpen({
        port,
        seconds,
        deadlineMs: 1000,
        streams: [
          { path: '/browse', headers, perSecond: 3.8 * closed.perSecond },
          { path: '/pay', headers, perSecond: 0.2 * closed.perSecond },
          { path: '/api/health', headers: {}, perSecond: 10 },
        ],
      }),
    ([browsing, payments]) => (browsing!.goodput + payments!.goodput) * seconds,
  );
  const [browsing, payments, health] = outcome as [StreamOutcome, StreamOutcome, StreamOutcome];
  return { capacity, goodput, browsing, payments, health, group };
}

async function cpuSeconds(task: ChildProcess): Promise<number> {
  task.send('cpu');
  const [{ user, system }] = (await once(task, 'message')) as [NodeJS.CpuUsage];
  return (user + system) / 1e6;
}

const healthCheck = {
  path: '/api/health',
  intervalMs: 500,
  timeoutMs: 450,
  healthyThreshold: 1,
  unhealthyThreshold: 2,
  matcher: (status: number) => status === 200,
};

test('at four times its capacity, a task does what it can, all payments, and answers the rest and health checks', async () => {
  const { capacity, goodput, browsing, payments, health, group } = await overload();
  expect(goodput).toBeGreaterThan(0.9 * capacity);
  expect(Object.keys(browsing.ends)).toEqual(['200', '503']);
  expect(payments.ends).toEqual({ 200: expect.any(Number) });
  expect(health.ends).toEqual({ 200: expect.any(Number) });
  expect(group.health('task')).toBe('healthy');
});

test('the same task without a limit lets most requests wait until nobody wants them, payments and health checks too', async () => {
  const { browsing, payments, health } = await overload('unlimited');
  for (const { ends } of [browsing, payments, health]) expect(ends['late']).toBeGreaterThan(ends[200] ?? 0);
});
