import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';

import { pauseAfter, supervise, type Supervisor } from '../../../../local/resources/ecs/supervisor.ts';
import type { TaskDefinition, Targets } from '../../../../local/resources/ecs/task.ts';

jest.setTimeout(30_000);

/** A target group whose targets are as healthy, and drained, as the test says. */
class FakeTargets implements Targets {
  readonly events: string[] = [];
  readonly registered = new Map<string, number>();
  drained: Promise<void> = Promise.resolve();
  state: 'initial' | 'healthy' | 'unhealthy' = 'healthy';

  register({ id, port }: { id: string; host: string; port: number }): void {
    this.registered.set(id, port);
    this.events.push('registered');
  }

  async deregister(id: string): Promise<void> {
    if (!this.registered.delete(id)) return;
    this.events.push('draining');
    await this.drained;
    this.events.push('drained');
  }

  health(id: string) {
    return this.registered.has(id) ? this.state : undefined;
  }
}

const serve = `
  require('node:http').createServer((q, r) => r.end(process.env.GREETING)).listen(process.env.PORT, process.env.HOST);
  process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(0); });
`;

let directory: string;
let supervisor: Supervisor | undefined;
let targets: FakeTargets;
let log: string;
let events: string[];
const children = new Set<number>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headroom-supervisor-'));
  targets = new FakeTargets();
  log = '';
  events = [];
});

afterEach(async () => {
  await supervisor?.stop();
  rmSync(directory, { recursive: true });
  expect([...children]).toEqual([]);
});

function run(
  program: string,
  { desired = 1, ...more }: Partial<TaskDefinition> & { desired?: number } = {},
): Supervisor {
  writeFileSync(join(directory, 'main.js'), program);
  supervisor = supervise({
    definition: {
      service: 'shop',
      command: ['node', 'main.js'],
      directory,
      environment: async () => ({ GREETING: 'hello' }),
      targets: [targets],
      stopTimeoutMs: 5_000,
      log: new Writable({
        write(chunk: Buffer, _encoding, done) {
          log += chunk.toString();
          done();
        },
      }),
      children: { add: (pid) => void children.add(pid), remove: (pid) => void children.delete(pid) },
      ...more,
    },
    desired,
    healthGraceMs: 0,
    report: { event: (message) => void events.push(message) },
    logFile: '/logs/shop.log',
  });
  return supervisor;
}

async function eventually(check: () => void | Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await check();
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(50);
    }
  }
}

const greet = async (port: number) => (await fetch(`http://127.0.0.1:${port}`)).text();

test('as many tasks as desired run, each on a port of its own, with the environment they state', async () => {
  const shop = run(serve, { desired: 2 });
  await shop.steady();
  const { tasks, ...counts } = shop.status();
  expect(counts).toEqual({ name: 'shop', desired: 2, healthy: 2 });
  expect(new Set(tasks.map(({ id }) => id)).size).toBe(2);
  for (const { id, port } of tasks) {
    expect(id).toMatch(/^shop-[0-9a-f]{4}$/);
    await eventually(async () => expect(await greet(port)).toBe('hello'));
  }
});

test('a raised count starts more tasks and leaves those that run alone', async () => {
  const shop = run(serve);
  await shop.steady();
  const [first] = shop.status().tasks;
  shop.raiseTo(3);
  await shop.steady();
  expect(shop.status()).toMatchObject({ desired: 3, healthy: 3 });
  expect(shop.status().tasks[0]).toEqual(first);
});

test('a killed task leaves the load balancer and another takes its place', async () => {
  const shop = run(serve);
  await shop.steady();
  const [victim] = shop.status().tasks;
  expect(shop.kill(victim?.id ?? '')).toBe(true);
  await eventually(() => expect(shop.status()).toMatchObject({ healthy: 1, tasks: [{ health: 'healthy' }] }));
  await eventually(() => expect(shop.status().tasks[0]?.id).not.toBe(victim?.id));
  expect(targets.registered.has(victim?.id ?? '')).toBe(false);
  expect(events[0]).toMatch(new RegExp(`^task ${victim?.id} ended \\(SIGKILL\\) after .* s; another is started$`));
});

test('a task nobody has is not killed', () => {
  expect(run(serve).kill('shop-0000')).toBe(false);
});

test('a task that fails its health checks is replaced', async () => {
  const shop = run(serve);
  await shop.steady();
  const [sick] = shop.status().tasks;
  targets.state = 'unhealthy';
  await eventually(() => expect(events.join()).toContain(`task ${sick?.id} failed its health checks`));
  targets.state = 'healthy';
  await shop.steady();
  await eventually(() => expect(shop.status().tasks.map(({ id }) => id)).not.toContain(sick?.id));
});

test('what dies at once is started again after growing pauses, and reported with its last words and its log', async () => {
  targets.state = 'initial';
  const startedAt = performance.now();
  const shop = run(`console.log('x'.repeat(9999)); console.log(' '); console.log('no database'); process.exit(3);`);
  await expect(shop.steady()).rejects.toThrow(
    /^shop fails again and again: task shop-.{4} ended \(exit code 3\) after .* s\.\n    x{200}\n    no database\n  Its log: \/logs\/shop\.log$/,
  );
  // Between the first three deaths lie 0 ms and 500 ms.
  expect(performance.now() - startedAt).toBeGreaterThan(500);
  expect(events).toHaveLength(2);
  expect(log.match(/^shop-[0-9a-f]{4} no database$/gm)).toHaveLength(3);
});

test('pauses grow from nothing to half a minute', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map(pauseAfter)).toEqual([
    0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

test('an environment that cannot be had is a failure like any other', async () => {
  const shop = run(serve, { environment: () => Promise.reject(new Error('secret db has no key password')) });
  await expect(shop.steady()).rejects.toThrow('secret db has no key password');
});

test('a command that is not there is a failure like any other', async () => {
  await expect(run(serve, { command: ['headroom-no-such-program'] }).steady()).rejects.toThrow('ENOENT');
});

test('a stopping task leaves the load balancer first, and gets SIGTERM only when its requests are answered', async () => {
  const drained = Promise.withResolvers<void>();
  targets.drained = drained.promise;
  const shop = run(serve);
  await shop.steady();
  const [task] = shop.status().tasks;
  await eventually(async () => expect(await greet(task?.port ?? 0)).toBe('hello'));
  const stopped = shop.stop();
  await eventually(() => expect(targets.events).toEqual(['registered', 'draining']));
  await sleep(200);
  expect(log).not.toContain('asked to stop');
  expect(await greet(task?.port ?? 0)).toBe('hello');
  expect(shop.status().tasks).toMatchObject([{ health: 'draining' }]);
  drained.resolve();
  await stopped;
  expect(targets.events).toEqual(['registered', 'draining', 'drained']);
  expect(log).toContain(`${task?.id} asked to stop\n`);
});

test('a task that ignores SIGTERM gets SIGKILL after its stop timeout', async () => {
  const shop = run(`process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log('here')`, {
    stopTimeoutMs: 400,
  });
  await shop.steady();
  await eventually(() => expect(log).toContain('here'));
  const startedAt = performance.now();
  await shop.stop();
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(390);
  expect(log).toContain('no\n');
});

test('a service without a target group is as healthy as its container health check says', async () => {
  writeFileSync(join(directory, 'health.js'), `process.exit(require('node:fs').existsSync('well') ? 0 : 1)`);
  const shop = run(`setTimeout(() => require('node:fs').writeFileSync('well', ''), 600); setInterval(() => {}, 1000)`, {
    targets: [],
    healthCheck: {
      command: ['CMD', 'node', 'health.js'],
      intervalMs: 100,
      timeoutMs: 2_000,
      retries: 2,
      startPeriodMs: 10_000,
    },
  });
  await eventually(() => expect(shop.status().tasks).toMatchObject([{ health: 'initial' }]));
  await shop.steady();
  const [task] = shop.status().tasks;
  rmSync(join(directory, 'well'));
  await eventually(() => expect(events.join()).toContain(`task ${task?.id} failed its health checks`));
});

test('a service that was steady and then dies again and again is reported with its log, and goes on being tried', async () => {
  const shop = run(serve);
  await shop.steady();
  writeFileSync(join(directory, 'main.js'), `console.log('broken'); process.exit(3);`);
  shop.kill(shop.status().tasks[0]?.id ?? '');
  await eventually(() =>
    expect(events.at(-1)).toMatch(/broken\n  Its log: \/logs\/shop\.log\n  The next attempt is in \d s$/),
  );
  writeFileSync(join(directory, 'main.js'), serve);
  await eventually(() => expect(shop.status()).toMatchObject({ healthy: 1 }));
});
