import { mock } from 'node:test';
import timers from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCache, type CacheOptions } from '../../../../app/kit/cache/cache.ts';
import { contentOf, decode, encode } from '../../../../app/kit/cache/entry.ts';
import type { SharedCache, Turn } from '../../../../app/kit/cache/shared.ts';
import { createMetrics } from '../../../../app/kit/telemetry/metrics.ts';
import { measured } from '../../../support/measured.ts';

beforeEach(() => mock.timers.enable({ apis: ['Date'], now: 1_000_000 }));
afterEach(() => mock.timers.reset());

/** A cache without a shared layer, and a load that counts itself and returns its number. */
function cached(more: Partial<CacheOptions> = {}) {
  const cache = createCache({ ttl: 10_000, stale: 5_000, negativeTtl: 1_000, ...more });
  const state = { loads: 0, fails: false, absent: false };
  const load = async () => {
    const number = ++state.loads;
    await timers.setImmediate();
    if (state.fails) throw new Error('the database is down');
    return state.absent ? undefined : contentOf(String(number), 'text/plain');
  };
  const get = async (key = 'a') => (await cache.get(key, load))?.body.toString();
  return { cache, state, get };
}
const settle = () => timers.setTimeout(5);

test('requests for one key at the same time share one load', async () => {
  const { get, state } = cached();
  expect(new Set(await Promise.all(Array.from({ length: 1_000 }, () => get())))).toEqual(new Set(['1']));
  expect(state.loads).toBe(1);
});

test('content that has expired is returned while it is loaded once more', async () => {
  const { get, state } = cached();
  await get();
  mock.timers.tick(10_001);
  expect(await Promise.all([get(), get()])).toEqual(['1', '1']);
  await settle();
  expect(await get()).toBe('2');
  expect(state.loads).toBe(2);
});

test('content beyond its stale time is not returned', async () => {
  const { get } = cached();
  await get();
  mock.timers.tick(15_001);
  expect(await get()).toBe('2');
});

test('stale content is returned while the load fails, which is tried once a second', async () => {
  const { get, state } = cached();
  await get();
  state.fails = true;
  mock.timers.tick(10_001);
  for (let i = 0; i < 5; i++) {
    expect(await get()).toBe('1');
    await settle();
  }
  expect(state.loads).toBe(2);
  mock.timers.tick(1_001);
  await get();
  await settle();
  expect(state.loads).toBe(3);
  mock.timers.tick(5_000);
  await expect(get()).rejects.toThrow('the database is down');
});

test('a load that fails is not remembered', async () => {
  const { get, state } = cached();
  state.fails = true;
  await expect(get()).rejects.toThrow('the database is down');
  state.fails = false;
  expect(await get()).toBe('2');
});

test('that there is nothing is remembered, for its own time', async () => {
  const { get, state } = cached();
  state.absent = true;
  expect([await get(), await get()]).toEqual([undefined, undefined]);
  expect(state.loads).toBe(1);
  state.absent = false;
  mock.timers.tick(1_001);
  expect(await get()).toBe('2');
});

test('what is loaded at the same time expires at different times, never later than its time to live', async () => {
  const { get, state } = cached();
  const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
  await Promise.all(keys.map(get));
  mock.timers.tick(9_500);
  await Promise.all(keys.map(get));
  await settle();
  const early = state.loads - 200;
  expect(early).toBeGreaterThan(20);
  expect(early).toBeLessThan(180);
});

test('memory is bounded by bytes: what was used last stays', async () => {
  const body = 'x'.repeat(1_000);
  const cache = createCache({ ttl: 10_000, stale: 0, negativeTtl: 0, maxBytes: 16_000 });
  const loads: string[] = [];
  const get = (key: string) =>
    cache.get(key, async () => {
      loads.push(key);
      return contentOf(body, 'text/plain');
    });
  for (let i = 0; i < 100; i++) {
    await get('used');
    await get(`k${i}`);
  }
  expect(loads.filter((key) => key === 'used')).toHaveLength(1);
  loads.length = 0;
  await get('k0');
  expect(loads).toEqual(['k0']);
});

test('a load that was under way when its key was invalidated is not kept', async () => {
  const { cache, get } = cached();
  const early = get();
  await cache.invalidate('a');
  expect(await get()).toBe('2');
  expect(await early).toBe('1');
  expect(await get()).toBe('2');
});

test('content is never older than its time to live, unless it is loaded again, and never older than its stale time', async () => {
  const step = fc.record({ afterMs: fc.nat(16_000), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const loaded = new Map<string, number>();
      let fails = false;
      let tried = 0;
      const cache = createCache({ ttl: 10_000, stale: 5_000, negativeTtl: 0 });
      const load = async () => {
        tried = Date.now();
        if (fails) throw new Error('the database is down');
        const text = String(loaded.size);
        loaded.set(text, Date.now());
        return contentOf(text, 'text/plain');
      };
      for (const each of steps) {
        mock.timers.tick(each.afterMs);
        fails = each.fails;
        const content = await cache.get('a', load).catch(() => undefined);
        // Only a load that fails leaves nothing.
        if (content === undefined) expect([fails, tried]).toEqual([true, Date.now()]);
        const age = content === undefined ? 0 : Date.now() - loaded.get(content.body.toString())!;
        expect(age).toBeLessThan(15_000);
        // A load was tried within the last second.
        if (age >= 10_000) expect(Date.now() - tried).toBeLessThan(1_000);
        await timers.setImmediate();
      }
    }),
    { numRuns: 50 },
  );
});

test('an entry is the same after it was stored', () => {
  const time = fc.integer({ min: 0, max: 9e14 });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), time, time, (text, freshUntil, staleUntil) => {
      const entry = { content: contentOf(text, 'text/plain'), freshUntil, staleUntil };
      expect(decode(encode(entry))).toEqual(entry);
      expect(decode(encode({ ...entry, content: undefined }))).toEqual({ ...entry, content: undefined });
    }),
  );
});

test('reads are counted by layer and outcome', async () => {
  const metrics = createMetrics();
  const { get, state } = cached({ metrics });
  const reads = async () => (await measured(metrics))['CacheReads'];
  await Promise.all([get(), get(), get()]);
  await get();
  expect(await reads()).toEqual({ 'memory,miss': 3, 'source,hit': 1, 'memory,hit': 1 });
  mock.timers.tick(10_001);
  state.fails = true;
  await get();
  await settle();
  expect(await reads()).toEqual({
    'memory,miss': 3,
    'source,hit': 1,
    'memory,hit': 1,
    'memory,stale': 1,
    'source,error': 1,
  });
  state.fails = false;
  state.absent = true;
  await get('b');
  expect(await reads()).toMatchObject({ 'memory,miss': 4, 'source,miss': 1 });
});

test('reads of the shared layer are counted once, also those that wait for another task', async () => {
  const metrics = createMetrics();
  const entry = { content: contentOf('x', 'text/plain'), freshUntil: 1e12, staleUntil: 1e12 };
  const turns: Turn[] = [
    { token: undefined, stale: undefined },
    { token: undefined, stale: undefined },
    { entry },
    { token: 1, stale: undefined },
    { token: 2, stale: entry },
    { token: undefined, stale: entry },
  ];
  const shared: SharedCache = {
    isAvailable: () => true,
    isListening: () => true,
    take: async () => turns.shift() as Turn,
    store: async () => true,
    release: async () => {},
    invalidate: async () => {},
    onInvalidated: () => {},
  };
  const { get } = cached({ metrics, shared });
  for (const key of ['a', 'b', 'c', 'd']) await get(key);
  await settle();
  const counted = (await measured(metrics))['CacheReads'];
  expect(counted).toEqual({ 'memory,miss': 4, 'redis,hit': 1, 'redis,miss': 1, 'redis,stale': 2, 'source,hit': 2 });
});
