import { afterEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetGroup } from '../../../../../local/resources/elbv2/load-balancer/target-group.ts';
import { createRig, send, until } from './rig.ts';

const rig = createRig();
afterEach(() => rig.stop());

const states = (group: TargetGroup) => Object.fromEntries(group.targets().map(({ id, health }) => [id, health]));
const named = (name: string) => (_: unknown, response: { end(text: string): void }) => response.end(name);
const spread = async (port: number, times: number): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (let time = 0; time < times; time++) {
    const { body } = await send(port, '/');
    counts[body] = (counts[body] ?? 0) + 1;
  }
  return counts;
};

test('without a registered target the status is 503', async () => {
  const { port } = await rig.balanced([]);
  const answer = await send(port, '/');
  expect(answer.status).toBe(503);
  expect(answer.body).toContain('<title>503 Service Unavailable</title>');
  expect(answer.headers.server).toBe('awselb/2.0');
});

test('requests go to the healthy targets in turn', async () => {
  const { port } = await rig.balanced([named('a'), named('b')]);
  expect(await spread(port, 10)).toEqual({ a: 5, b: 5 });
});

test('a target that fails its checks gets no requests until it passes them again', async () => {
  let ill = false;
  const sick = await rig.backend((request, response) => {
    response.statusCode = request.url === '/check' && ill ? 500 : 200;
    response.end('sick');
  });
  const well = await rig.backend(named('well'));
  const matcher = (status: number) => status === 200;
  const healthCheck = {
    path: '/check',
    intervalMs: 10,
    timeoutMs: 500,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    matcher,
  };
  const { group, port } = await rig.balanced([], { healthCheck });
  group.register({ id: 'sick', host: '127.0.0.1', port: sick.port });
  group.register({ id: 'well', host: '127.0.0.1', port: well.port });
  await until(() => group.health('sick') === 'healthy' && group.health('well') === 'healthy');
  ill = true;
  await until(() => group.health('sick') === 'unhealthy');
  expect(await spread(port, 6)).toEqual({ well: 6 });
  ill = false;
  await until(() => group.health('sick') === 'healthy');
  expect(await spread(port, 6)).toEqual({ sick: 3, well: 3 });
});

test('when all targets are unhealthy, all get requests', async () => {
  const healthCheck = {
    path: '/check',
    intervalMs: 10,
    timeoutMs: 500,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    matcher: () => false,
  };
  const group = rig.group({ healthCheck });
  const [a, b] = [await rig.backend(named('a')), await rig.backend(named('b'))];
  group.register({ id: 'a', host: '127.0.0.1', port: a.port });
  group.register({ id: 'b', host: '127.0.0.1', port: b.port });
  await until(() => Object.values(states(group)).every((state) => state === 'unhealthy'));
  const chosen = [1, 2, 3, 4].map(() => group.choose(undefined)!.target.id);
  expect(chosen).toEqual(chosen[0] === 'a' ? ['a', 'b', 'a', 'b'] : ['b', 'a', 'b', 'a']);
});

test('a deregistered target gets no new request, and those under way complete', async () => {
  let finish = () => {};
  const slow = await rig.backend((_, response) => (finish = () => response.end('slow')));
  const { group, port } = await rig.balanced([named('fast')]);
  group.register({ id: 'slow', host: '127.0.0.1', port: slow.port });
  await until(() => group.health('slow') === 'healthy');
  const both = [send(port, '/'), send(port, '/')];
  await until(() => group.targets().some(({ id, outstanding }) => id === 'slow' && outstanding === 1));

  let deregistered = false;
  const drained = group.deregister('slow').then(() => (deregistered = true));
  expect(states(group)).toEqual({ t0: 'healthy', slow: 'draining' });
  expect(await spread(port, 5)).toEqual({ fast: 5 });
  expect(deregistered).toBe(false);
  finish();
  await drained;
  expect((await Promise.all(both)).map(({ body }) => body).toSorted()).toEqual(['fast', 'slow']);
  expect(group.health('slow')).toBeUndefined();
});

test('deregistration ends at once without requests under way', async () => {
  const { group } = await rig.balanced([named('a')], { deregistrationDelayMs: 60_000 });
  const startedAt = performance.now();
  await group.deregister('t0');
  expect(performance.now() - startedAt).toBeLessThan(500);
  expect(group.choose(undefined)).toBeUndefined();
});

test('the deregistration delay ends requests still under way with 502', async () => {
  const { group, port } = await rig.balanced([() => {}], { deregistrationDelayMs: 50 });
  const hanging = send(port, '/');
  await until(() => group.targets()[0]?.outstanding === 1);
  await group.deregister('t0');
  expect((await hanging).status).toBe(502);
});

test('a killed target causes errors until it is deregistered, and none after', async () => {
  const victim = await rig.backend(named('victim'));
  const { group, port } = await rig.balanced([named('other')]);
  group.register({ id: 'victim', host: '127.0.0.1', port: victim.port });
  await until(() => group.health('victim') === 'healthy');
  victim.server.closeAllConnections();
  await new Promise((resolve) => victim.server.close(resolve));
  // There is no second try: its share of the requests, one of two, is lost.
  const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await send(port, '/')).status));
  expect(statuses.filter((status) => status === 502)).toHaveLength(5);
  await group.deregister('victim');
  expect(await spread(port, 10)).toEqual({ other: 10 });
});

test('a sticky client stays with its target, and moves when that is deregistered', async () => {
  const { group, port } = await rig.balanced([named('t0'), named('t1')], { stickinessMs: 60_000 });
  const first = await send(port, '/');
  const cookie = first.headers['set-cookie']!.map((each) => each.split(';')[0]).join('; ');
  for (let time = 0; time < 4; time++) {
    expect((await send(port, '/', { headers: { cookie } })).body).toBe(first.body);
  }
  await group.deregister(first.body);
  const moved = await send(port, '/', { headers: { cookie } });
  expect(moved.body).not.toBe(first.body);
  expect(moved.headers['set-cookie']![0]).toMatch(/^AWSALB=/);
});

test('a target that joins a loaded group starts slowly', async () => {
  let now = 1_000_000;
  const { group } = await rig.balanced([named('old')], { slowStartMs: 30_000, now: () => now });
  const { port } = await rig.backend(named('new'));
  group.register({ id: 'new', host: '127.0.0.1', port });
  await until(() => group.health('new') === 'healthy');
  const share = (): number => {
    const chosen = Array.from({ length: 300 }, () => group.choose(undefined)!.target.id);
    return chosen.filter((id) => id === 'new').length / chosen.filter((id) => id === 't0').length;
  };
  expect(share()).toBe(0);
  now += 7500;
  expect(share()).toBeCloseTo(0.25, 1);
  now += 7500;
  expect(share()).toBeCloseTo(0.5, 1);
  now += 15_000;
  expect(share()).toBe(1);
});

test('the first target of an empty group carries full load at once', async () => {
  const { group } = await rig.balanced([named('a')], { slowStartMs: 30_000 });
  expect(group.choose(undefined)!.target.share()).toBe(1);
});

test('requests under way count for least outstanding requests', async () => {
  const { group, port } = await rig.balanced([() => {}, named('free')], { algorithm: 'least_outstanding_requests' });
  void send(port, '/').catch(() => {});
  void send(port, '/').catch(() => {});
  await until(() => group.targets().some(({ outstanding }) => outstanding === 1));
  await sleep(20);
  expect(await spread(port, 5)).toEqual({ free: 5 });
});

test('every change of a target’s state is pushed, up to its deregistration', async () => {
  let healthy = true;
  let finish = () => {};
  const { port } = await rig.backend(({ url }, response) => {
    if (url === '/check') response.writeHead(healthy ? 200 : 500).end();
    else finish = () => response.end();
  });
  const matcher = (status: number) => status === 200;
  const healthCheck = {
    path: '/check',
    intervalMs: 10,
    timeoutMs: 500,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    matcher,
  };
  const { group, port: front } = await rig.balanced([], { healthCheck });
  const pushed: unknown[] = [];
  group.register({ id: 'task', host: '127.0.0.1', port }, (state) => pushed.push(state));
  await until(() => pushed.at(-1) === 'healthy');
  healthy = false;
  await until(() => pushed.at(-1) === 'unhealthy');
  healthy = true;
  await until(() => pushed.length === 3);
  const request = send(front, '/');
  await until(() => group.targets()[0]?.outstanding === 1);
  const deregistered = group.deregister('task');
  expect(pushed).toEqual(['healthy', 'unhealthy', 'healthy', 'draining']);
  finish();
  await Promise.all([request, deregistered]);
  expect(pushed).toEqual(['healthy', 'unhealthy', 'healthy', 'draining', undefined]);
});

test('changed settings apply to registered targets, whose health is kept until the new checks decide', async () => {
  const { port } = await rig.backend(({ url }, response) => response.writeHead(url === '/new' ? 500 : 200).end());
  const options = {
    healthCheck: {
      path: '/old',
      intervalMs: 60_000,
      timeoutMs: 500,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
      matcher: (status: number) => status === 200,
    },
    algorithm: 'round_robin' as const,
    deregistrationDelayMs: 0,
    slowStartMs: 0,
  };
  const group = rig.group(options);
  const pushed: unknown[] = [];
  group.register({ id: 'task', host: '127.0.0.1', port }, (state) => pushed.push(state));
  await until(() => group.health('task') === 'healthy');
  group.update({ ...options, healthCheck: { ...options.healthCheck, path: '/new', intervalMs: 10 } });
  expect(group.health('task')).toBe('healthy');
  await until(() => group.health('task') === 'unhealthy');
  expect(pushed).toEqual(['healthy', 'unhealthy']);
});
