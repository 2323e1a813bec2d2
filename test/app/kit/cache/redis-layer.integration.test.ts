import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { createCache, type CacheOptions } from '../../../../app/kit/cache/cache.ts';
import { contentOf } from '../../../../app/kit/cache/entry.ts';
import { redisLayer } from '../../../../app/kit/cache/redis-layer.ts';
import { connectRedis } from '../../../../app/kit/redis.ts';
import { eventually } from '../../../support/eventually.ts';
import { startProxy } from '../../../support/proxy.ts';
import { silentTask } from '../../../support/task.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A cache with connections of its own, as each task has one. */
function startTask(name: string, endpoint = process.env['TEST_REDIS'] ?? '', more: Partial<CacheOptions> = {}) {
  const task = silentTask({
    REDIS_ENDPOINT: endpoint,
    REDIS_USER: 'default',
    REDIS_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
  });
  closing.push(() => task.stop());
  const redis = connectRedis(task);
  const subscriber = connectRedis(task);
  task.listening();
  const shared = redisLayer(name, redis, subscriber);
  const cache = createCache({ ttl: 60_000, stale: 60_000, negativeTtl: 1_000, ...more, shared });
  const state = () => [shared.isAvailable(), redis.status, shared.isListening()];
  const ready = () => eventually(async () => expect(state()).toEqual([true, 'ready', true]));
  return { cache, redis, subscriber, shared, ready };
}

async function startTasks(count: number, more: Partial<CacheOptions> = {}) {
  const name = randomUUID();
  const tasks = Array.from({ length: count }, () => startTask(name, undefined, more));
  await Promise.all(tasks.map(({ ready }) => ready()));
  return tasks;
}

function counted(ms = 50) {
  const state = { loads: 0, fails: false };
  const load = async () => {
    const number = ++state.loads;
    await pause(ms);
    if (state.fails) throw new Error('the database is down');
    return contentOf(String(number), 'text/plain');
  };
  return { state, load };
}
const textOf = async (content: ReturnType<ReturnType<typeof createCache>['get']>) => (await content)?.body.toString();

test('100,000 cold requests over four tasks cause one load, and one more at expiry', async () => {
  const tasks = await startTasks(4, { ttl: 2_000 });
  const { state, load } = counted();
  const all = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => textOf(tasks[i % 4]!.cache.get('home', load))));
  expect(new Set(await all(100_000))).toEqual(new Set(['1']));
  expect(state.loads).toBe(1);
  await pause(2_000);
  // All tasks notice at the same time that it is stale.
  expect(new Set(await all(100_000))).toEqual(new Set(['1']));
  await eventually(async () => expect(new Set(await all(4))).toEqual(new Set(['2'])));
  expect(state.loads).toBe(2);
});

test('a cold task returns what is stale in Redis while it is loaded again', async () => {
  const [first, second] = await startTasks(2, { ttl: 100 });
  const { load } = counted(1);
  await first!.cache.get('a', load);
  await pause(150);
  const never = () => new Promise<undefined>(() => {});
  expect(await textOf(second!.cache.get('a', never))).toBe('1');
});

test('a load that fails is followed by that of another task, and stale content outlives it', async () => {
  const [first, second] = await startTasks(2, { ttl: 100 });
  const { state, load } = counted(1);
  state.fails = true;
  await expect(first!.cache.get('a', load)).rejects.toThrow('the database is down');
  state.fails = false;
  expect(await textOf(second!.cache.get('a', load))).toBe('2');
  await pause(150);
  state.fails = true;
  expect(await textOf(first!.cache.get('a', load))).toBe('2');
  expect(await textOf(second!.cache.get('a', load))).toBe('2');
});

test('an invalidation reaches every task within a second', async () => {
  const [first, second, third] = await startTasks(3);
  const { load } = counted(1);
  for (const { cache } of [first!, second!, third!]) expect(await textOf(cache.get('a', load))).toBe('1');
  await first!.cache.invalidate('a');
  const deadline = Date.now() + 1_000;
  for (const { cache } of [second!, third!])
    await eventually(async () => expect(await textOf(cache.get('a', load))).toBe('2'), 1_000, 10);
  expect(Date.now()).toBeLessThan(deadline);
});

test('an invalidation reaches a task whose subscription is lost', async () => {
  const [first, second] = await startTasks(2);
  const { load } = counted(1);
  for (const { cache } of [first!, second!]) expect(await textOf(cache.get('a', load))).toBe('1');
  second!.subscriber.disconnect();
  await first!.cache.invalidate('a');
  await eventually(async () => expect(await textOf(second!.cache.get('a', load))).toBe('2'), 1_500, 50);
  expect(second!.shared.isListening()).toBe(false);
});

test('a task that missed an invalidation forgets what it has when it subscribes again', async () => {
  const [first, second] = await startTasks(2);
  const { load } = counted(1);
  expect(await textOf(second!.cache.get('a', load))).toBe('1');
  second!.subscriber.disconnect();
  await first!.cache.invalidate('a');
  await second!.subscriber.connect();
  await second!.ready();
  expect(await textOf(second!.cache.get('a', load))).toBe('2');
});

test('what was read before an invalidation is not stored after it', async () => {
  const [first, second] = await startTasks(2);
  const { load } = counted(200);
  const early = first!.cache.get('a', load);
  await pause(50);
  await second!.cache.invalidate('a');
  expect(await textOf(early)).toBe('1');
  for (const { cache } of [first!, second!]) expect(await textOf(cache.get('a', load))).toBe('2');
});

test('a task that was slower than its lock stores nothing', async () => {
  const [task] = await startTasks(1);
  const { shared } = task!;
  const entry = (text: string) => ({
    content: contentOf(text, 'text/plain'),
    freshUntil: Date.now() + 60_000,
    staleUntil: Date.now() + 60_000,
  });
  const slow = (await shared.take('a')).token!;
  await shared.release('a', slow);
  const next = (await shared.take('a')).token!;
  expect(next).toBeGreaterThan(slow);
  expect(await shared.store('a', slow, entry('slow'))).toBe(false);
  expect(await shared.store('a', next, entry('next'))).toBe(true);
  expect(await shared.take('a')).toMatchObject({ entry: { content: entry('next').content } });
});

test('a Redis that goes silent costs one short timeout, then nothing, and is used again when it is back', async () => {
  const proxy = await startProxy(process.env['TEST_REDIS'] ?? '');
  const task = startTask(randomUUID(), `localhost:${proxy.port}`);
  closing.push(() => proxy.stop());
  await task.ready();
  proxy.silence();
  const commands: number[] = [];
  const { shared } = task;
  const take = shared.take.bind(shared);
  shared.take = async (key) => {
    commands.push(Date.now());
    return take(key);
  };
  const { state, load } = counted(1);
  for (let i = 0; i < 50; i++) await task.cache.get(`k${i}`, load);
  expect(state.loads).toBe(50);
  expect(commands).toHaveLength(1);
  await task.ready();
  await task.cache.get('back', load);
  expect(commands).toHaveLength(2);
});

test('a task that was busy for longer than the timeout takes the response that has arrived', async () => {
  const [task] = await startTasks(1);
  const { shared, redis } = task!;
  // What follows runs where sockets are read, as most requests do; timers come next.
  await redis.ping();
  const taking = shared.take('a');
  const until = Date.now() + 500;
  while (Date.now() < until);
  expect((await taking).token).toBeGreaterThan(0);
  expect(shared.isAvailable()).toBe(true);
});

test('while Redis is gone, each task loads for itself', async () => {
  const { cache } = startTask(randomUUID(), 'localhost:1');
  const { state, load } = counted(1);
  expect(await Promise.all([textOf(cache.get('a', load)), textOf(cache.get('a', load))])).toEqual(['1', '1']);
  expect(await textOf(cache.get('a', load))).toBe('1');
  expect(state.loads).toBe(1);
  await expect(cache.invalidate('a')).rejects.toThrow();
});
