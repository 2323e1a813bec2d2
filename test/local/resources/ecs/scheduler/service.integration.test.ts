import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { eventually } from '../../../../support/eventually.ts';
import { createRig, serve, type Rig } from './rig.ts';

let rig: Rig;

beforeEach(() => {
  rig = createRig();
});

afterEach(async () => {
  await rig.dispose();
  expect([...rig.children]).toEqual([]);
});

const greet = async (port: number) => (await fetch(`http://127.0.0.1:${port}`)).text();

test('as many tasks as desired run, each on a port of its own, with the environment they state', async () => {
  const shop = rig.run(serve, { desired: 2 });
  await shop.steady();
  const { tasks, ...counts } = shop.status();
  expect(shop.name).toBe('shop');
  expect(counts).toEqual({ desired: 2, healthy: 2 });
  expect(new Set(tasks.map(({ id }) => id)).size).toBe(2);
  for (const { id, port } of tasks) {
    expect(id).toMatch(/^shop-[0-9a-f]{4}$/);
    await eventually(async () => expect(await greet(port)).toBe('hello'));
  }
});

test('a raised count starts more tasks and does not touch those that run', async () => {
  const shop = rig.run(serve);
  await shop.steady();
  const [first] = shop.status().tasks;
  shop.scale(3);
  await shop.steady();
  expect(shop.status()).toMatchObject({ desired: 3, healthy: 3 });
  expect(shop.status().tasks[0]).toEqual(first);
});

test('a lowered count drains and stops the surplus, latest first', async () => {
  const drained = Promise.withResolvers<void>();
  rig.group.drained = drained.promise;
  const shop = rig.run(serve, { desired: 3 });
  await shop.steady();
  const [first] = shop.status().tasks;
  shop.scale(1);
  await eventually(async () =>
    expect(shop.status().tasks.map(({ health }) => health)).toEqual(['healthy', 'draining', 'draining']),
  );
  expect(rig.log()).not.toContain('asked to stop');
  drained.resolve();
  await eventually(async () => expect(shop.status().tasks).toEqual([first]));
  expect(rig.parts.filter((part) => part.endsWith('drained'))).toHaveLength(2);
  expect(rig.notes).toEqual([]);
});

test('a killed task leaves the load balancer and another takes its place', async () => {
  const shop = rig.run(serve);
  await shop.steady();
  const [victim] = shop.status().tasks;
  expect(shop.kill(victim?.id ?? '')).toBe(true);
  await eventually(async () => expect(shop.status().tasks[0]?.id).not.toBe(victim?.id));
  await eventually(async () => expect(shop.status()).toMatchObject({ healthy: 1, tasks: [{ health: 'healthy' }] }));
  expect(rig.group.registered.has(victim?.id ?? '')).toBe(false);
  expect(rig.notes[0]).toMatch(new RegExp(`^task ${victim?.id} ended \\(SIGKILL\\) after .* s; another is started$`));
});

test('kill returns false for an unknown task', () => {
  expect(rig.run(serve).kill('shop-0000')).toBe(false);
});

test('killed tasks are no crash loop', async () => {
  const shop = rig.run(serve);
  for (let i = 0; i < 4; i += 1) {
    await shop.steady();
    const [victim] = shop.status().tasks;
    shop.kill(victim?.id ?? '');
    await eventually(async () => expect(shop.status().tasks).toMatchObject([{ health: 'healthy' }]));
    await eventually(async () => expect(shop.status().tasks[0]?.id).not.toBe(victim?.id));
  }
  expect(rig.notes.join()).not.toContain('fails again and again');
});

test('a task that fails its health checks is replaced', async () => {
  const shop = rig.run(serve);
  await shop.steady();
  const [sick] = shop.status().tasks;
  rig.group.state = 'unhealthy';
  await eventually(async () => expect(rig.notes.join()).toContain(`task ${sick?.id} failed its health checks`));
  rig.group.state = 'healthy';
  await shop.steady();
  await eventually(async () => expect(shop.status().tasks.map(({ id }) => id)).not.toContain(sick?.id));
});

test('an unhealthy task is kept until its grace period is over', async () => {
  rig.group.state = 'unhealthy';
  const shop = rig.run(serve, { settings: { healthGraceMs: 1_500 } });
  await eventually(async () => expect(shop.status().tasks).toMatchObject([{ health: 'unhealthy' }]));
  const [task] = shop.status().tasks;
  await sleep(500);
  expect(shop.status().tasks).toEqual([task]);
  expect(rig.notes).toEqual([]);
  await eventually(async () => expect(rig.notes[0]).toMatch(/failed its health checks after 1\.[5-9] s/));
});

test('a task that dies at once is restarted after growing pauses, and reported with its last lines and its log', async () => {
  rig.group.state = 'initial';
  const startedAt = performance.now();
  const shop = rig.run(`console.log('x'.repeat(9999)); console.log(' '); console.log('no database'); process.exit(3);`);
  await expect(shop.steady()).rejects.toThrow(
    /^shop fails again and again: task shop-.{4} ended \(exit code 3\) after .* s\.\n    x{200}\n    no database\n  Its log: \/logs\/shop\.log$/,
  );
  // The pauses between the first three deaths are 0 ms and 500 ms.
  expect(performance.now() - startedAt).toBeGreaterThan(500);
  expect(rig.notes).toHaveLength(2);
  expect(rig.log().match(/^shop-[0-9a-f]{4} no database$/gm)).toHaveLength(3);
});

test('an environment that cannot be read fails the service', async () => {
  const shop = rig.run(serve, { environment: () => Promise.reject(new Error('secret db has no key password')) });
  await expect(shop.steady()).rejects.toThrow('secret db has no key password');
});

test('a command that does not exist fails the service', async () => {
  await expect(rig.run(serve, { command: ['headroom-no-such-program'] }).steady()).rejects.toThrow('ENOENT');
});

test('a task that listens on another port fails with a hint at PORT', async () => {
  const fixed = `require('node:http').createServer().listen(0, '127.0.0.1')`;
  rig.group.state = 'unhealthy';
  await expect(rig.run(fixed).steady()).rejects.toThrow(
    /The process must listen on the port in the variable PORT \(\d+ for this task\), because tasks share one machine\./,
  );
});

test('a port that another task has taken fails with a hint at PORT', async () => {
  rig.group.state = 'initial';
  const taken = `console.error('Error: listen EADDRINUSE: address already in use :::3000'); process.exit(1)`;
  await expect(rig.run(taken).steady()).rejects.toThrow('must listen on the port in the variable PORT');
});

test('a stopping task leaves the load balancer first, and gets SIGTERM once its requests have ended', async () => {
  const drained = Promise.withResolvers<void>();
  rig.group.drained = drained.promise;
  const shop = rig.run(serve);
  await shop.steady();
  const [task] = shop.status().tasks;
  await eventually(async () => expect(await greet(task?.port ?? 0)).toBe('hello'));
  const stopped = shop.stop();
  await eventually(async () => expect(rig.group.events).toEqual(['registered', 'draining']));
  await sleep(200);
  expect(rig.log()).not.toContain('asked to stop');
  expect(await greet(task?.port ?? 0)).toBe('hello');
  expect(shop.status().tasks).toMatchObject([{ health: 'draining' }]);
  drained.resolve();
  await stopped;
  expect(rig.group.events).toEqual(['registered', 'draining', 'drained']);
  expect(rig.log()).toContain(`${task?.id} asked to stop\n`);
  expect(rig.parts).toEqual(
    ['started', 'healthy', 'draining', 'drained', 'ended exit code 0'].map((change) => `${task?.id} ${change}`),
  );
});

test('a task that ignores SIGTERM gets SIGKILL after its stop timeout', async () => {
  const shop = rig.run(
    `process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log('here')`,
    { stopTimeoutMs: 400 },
  );
  await shop.steady();
  await eventually(async () => expect(rig.log()).toContain('here'));
  const startedAt = performance.now();
  await shop.stop();
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(390);
  expect(rig.log()).toContain('no\n');
});

test('the end of a task ends the processes that it started', async () => {
  const file = join(rig.directory, 'alive');
  const orphan = `setInterval(() => require('node:fs').writeFileSync(${JSON.stringify(file)}, ''), 50)`;
  const shop = rig.run(
    `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(orphan)}]); setInterval(() => {}, 1000)`,
  );
  await eventually(async () => expect(existsSync(file)).toBe(true));
  await shop.stop();
  rmSync(file);
  await sleep(300);
  expect(existsSync(file)).toBe(false);
});

test('without a target group the container health check decides the health of a task', async () => {
  writeFileSync(
    join(rig.directory, 'health.js'),
    `process.exit(require('node:fs').existsSync('well') && process.env.GREETING === 'hello' ? 0 : 1)`,
  );
  const shop = rig.run(
    `setTimeout(() => require('node:fs').writeFileSync('well', ''), 600); setInterval(() => {}, 1000)`,
    {
      targetGroups: [],
      healthCheck: {
        command: ['CMD', 'node', 'health.js'],
        intervalMs: 100,
        timeoutMs: 2_000,
        retries: 2,
        startPeriodMs: 10_000,
      },
    },
  );
  await eventually(async () => expect(shop.status().tasks).toMatchObject([{ health: 'initial' }]));
  await shop.steady();
  const [task] = shop.status().tasks;
  rmSync(join(rig.directory, 'well'));
  await eventually(async () => expect(rig.notes.join()).toContain(`task ${task?.id} failed its health checks`));
});

test("the health check of the app's images keeps a task that is too busy to respond, and not one that is stopped", async () => {
  const server = `require('node:http').createServer((request, response) => {
    response.end();
    if (request.url === '/begin') setTimeout(() => { for (;;); }, 100);
  }).listen(process.env.PORT, process.env.HOST)`;
  const shop = rig.run(server, {
    targetGroups: [],
    stopTimeoutMs: 100,
    healthCheck: {
      command: ['CMD', 'node', join(process.cwd(), 'app/health.js')],
      intervalMs: 100,
      timeoutMs: 30_000,
      retries: 1,
      startPeriodMs: 10_000,
    },
  });
  await shop.steady();
  const [task] = shop.status().tasks;
  await fetch(`http://127.0.0.1:${task?.port}/begin`);
  // A check lasts 10 s.
  await sleep(12_000);
  expect([shop.status().tasks, rig.notes]).toEqual([[task], []]);
  process.kill(task?.pid ?? 0, 'SIGSTOP');
  await eventually(async () => expect(rig.notes.join()).toContain(`task ${task?.id} failed its health checks`), 25_000);
});

test('without any health check a task that keeps running is healthy', async () => {
  const shop = rig.run('setInterval(() => {}, 1000)', { targetGroups: [] });
  await shop.steady();
  expect(shop.status()).toMatchObject({ healthy: 1 });
});

test('a steady service that begins to die again and again is reported with its log, and is tried again', async () => {
  const shop = rig.run(serve);
  await shop.steady();
  const [task] = shop.status().tasks;
  writeFileSync(join(rig.directory, 'shop-1.js'), `console.log('broken'); process.exit(3);`);
  process.kill(task?.pid ?? 0, 'SIGKILL');
  await eventually(async () =>
    expect(rig.notes.at(-1)).toMatch(/broken\n  Its log: \/logs\/shop\.log\n  The next attempt is in [\d.]+ s$/),
  );
  writeFileSync(join(rig.directory, 'shop-1.js'), serve);
  await eventually(async () => expect(shop.status()).toMatchObject({ healthy: 1 }));
});
