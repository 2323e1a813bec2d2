import { mock } from 'node:test';
import timers from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { refreshed } from '../../../../app/kit/cache/refreshed.ts';

beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
afterEach(() => mock.timers.reset());

function counted() {
  const state = { loads: 0, fails: false };
  const get = refreshed(async () => {
    const number = ++state.loads;
    if (state.fails) throw new Error('the database is down');
    return number;
  }, 300_000);
  return { state, get };
}
async function tick(ms: number) {
  mock.timers.tick(ms);
  await timers.setImmediate();
}

test('a value is loaded once when it is first needed, and again at each interval, needed or not', async () => {
  const { state, get } = counted();
  await tick(600_000);
  expect(state.loads).toBe(0);
  expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1]);
  await tick(299_999);
  expect(await get()).toBe(1);
  await tick(1);
  expect(await get()).toBe(2);
  await tick(600_000);
  expect(state.loads).toBe(4);
});

test('the last value stays while it cannot be loaded', async () => {
  const { state, get } = counted();
  await get();
  state.fails = true;
  await tick(300_000);
  expect(await get()).toBe(1);
  state.fails = false;
  await tick(300_000);
  expect(await get()).toBe(3);
});

test('a first load that fails is tried at the next call', async () => {
  const { state, get } = counted();
  state.fails = true;
  await expect(get()).rejects.toThrow('the database is down');
  state.fails = false;
  expect(await get()).toBe(2);
});
