import { mock } from 'node:test';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createBreakers, type Breaker, type Breakers } from '../../../app/kit/breaker.ts';
import { createLogger } from '../../../app/kit/log.ts';

class NotCounted extends Error {}
let breakers: Breakers;
let breaker: Breaker;
let lines: string[];

beforeEach(() => {
  mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-01-01T00:00:00Z') });
  lines = [];
  const write = (line: string) => void lines.push(line);
  breakers = createBreakers(createLogger({ SERVICE_NAME: 'test', LOG_LEVEL: 'info' }, { write }));
  const counts = (error: unknown) => !(error instanceof NotCounted);
  breaker = breakers.create({ name: 'The mill', probeAfterMs: 30_000, counts });
});
afterEach(() => mock.timers.reset());

const down = Object.assign(new Error('secret'), { code: 'ECONNREFUSED' });
let calls = 0;
/** Returns the result, or the error. */
async function attempt(error?: Error): Promise<unknown> {
  try {
    return await breaker.execute(async () => {
      calls += 1;
      if (error) throw error;
      return 'done';
    });
  } catch (thrown) {
    return thrown;
  }
}
async function fail(times: number) {
  for (let i = 0; i < times; i += 1) await attempt(down);
}

test('five consecutive failures open the circuit, then work fails at once as a 503 with Retry-After', async () => {
  await fail(4);
  expect(await attempt()).toBe('done');
  await fail(4);
  expect(breaker.closed).toBe(true);
  await fail(1);
  calls = 0;
  expect(await attempt()).toMatchObject({ status: 503, dependency: 'The mill', headers: { 'retry-after': '1' } });
  expect(calls).toBe(0);
});

test('one call probes while others fail at once, and its success closes the circuit', async () => {
  await fail(5);
  mock.timers.tick(30_000);
  const probe = Promise.withResolvers<string>();
  const probing = breaker.execute(() => probe.promise);
  calls = 0;
  expect(await Promise.all([attempt(), attempt()])).toMatchObject([{ status: 503 }, { status: 503 }]);
  expect(calls).toBe(0);
  expect(breakers.states()).toMatchObject([{ state: 'half-open' }]);
  probe.resolve('back');
  expect(await probing).toBe('back');
  expect(await attempt()).toBe('done');
});

test('a probe that fails keeps the circuit open for as long again', async () => {
  await fail(5);
  mock.timers.tick(30_000);
  expect(await attempt(down)).toBe(down);
  mock.timers.tick(29_999);
  expect(await attempt()).toMatchObject({ status: 503 });
  mock.timers.tick(1);
  expect(await attempt()).toBe('done');
});

test('an error that shows nothing of the dependency is thrown and does not count', async () => {
  const error = new NotCounted();
  for (let i = 0; i < 10; i += 1) expect(await attempt(error)).toBe(error);
  expect(breakers.states()).toMatchObject([{ state: 'closed', lastError: null }]);
});

test('outcomes recorded afterwards count in the same way', async () => {
  for (let i = 0; i < 4; i += 1) breaker.record(down);
  await Promise.resolve();
  breaker.record();
  await new Promise(setImmediate);
  for (let i = 0; i < 4; i += 1) breaker.record(down);
  await new Promise(setImmediate);
  expect(breaker.closed).toBe(true);
  breaker.record(down);
  await new Promise(setImmediate);
  expect(breaker.closed).toBe(false);
});

test('the registry shows each state, since when, and the kind of the last error without its message', async () => {
  expect(breakers.states()).toEqual([
    { name: 'The mill', state: 'closed', since: '2026-01-01T00:00:00.000Z', lastError: null },
  ]);
  mock.timers.tick(60_000);
  for (let i = 0; i < 5; i += 1) await attempt(new Error('outer', { cause: down }));
  expect(breakers.states()).toEqual([
    { name: 'The mill', state: 'open', since: '2026-01-01T00:01:00.000Z', lastError: 'ECONNREFUSED' },
  ]);
});

test('an outage is logged when it begins and when it ends, not at each probe', async () => {
  await fail(5);
  mock.timers.tick(30_000);
  await fail(1);
  mock.timers.tick(30_000);
  await attempt();
  const logged = lines.map((line) => JSON.parse(line) as object);
  expect(logged).toMatchObject([
    { dependency: 'The mill', msg: 'The mill is down, its circuit opens' },
    { dependency: 'The mill', msg: 'The mill is back, its circuit closes' },
  ]);
  expect(lines.join('')).not.toContain('secret');
});

test('whatever happens, it works only while fewer than five failures follow each other, or to probe', async () => {
  const step = fc.record({ fails: fc.boolean(), afterMs: fc.constantFrom(0, 1, 29_999, 30_000, 60_000) });
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      runs += 1;
      breaker = breakers.create({ name: `Mill ${runs}`, probeAfterMs: 30_000, counts: () => true });
      let failures = 0;
      let openUntil = 0;
      for (const { fails, afterMs } of steps) {
        mock.timers.tick(afterMs);
        calls = 0;
        const worked = failures < 5 || Date.now() >= openUntil;
        await attempt(fails ? down : undefined);
        expect(calls).toBe(worked ? 1 : 0);
        if (!worked) continue;
        failures = fails ? failures + 1 : 0;
        if (failures >= 5) openUntil = Date.now() + 30_000;
      }
    }),
  );
});
