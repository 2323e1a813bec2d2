import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAdmission, type Admission } from '../../../../app/kit/overload/admission.ts';

interface Load {
  /** What a request costs the event loop, in ms, and what refusing one costs. */
  costMs: number;
  refusalMs: number;
  /** Arrivals, as a multiple of what the task can do. */
  times: number;
  /** Part of the requests that has the highest priority. */
  important: number;
  /** From its beginning until its work is ready to be done: the time of a dependency, in ms. */
  delayMs: number;
}

/** The event loop of a task, in which a turn does what has arrived and what is ready. Returns what becomes of the last 2 s of 5. */
function simulate({ costMs, refusalMs, times, important, delayMs }: Load) {
  const warmUpMs = 3000;
  const endMs = 5000;
  const admission = createAdmission(3, { timeMs: 0, idleMs: 0 });
  const waitsMs: number[] = [];
  const refused: number[] = [];
  const ready: number[] = [];
  let done = 0;
  let time = 0;
  let idle = 0;
  let arrived = 0;
  let next: ReturnType<Admission['endTurn']> = 'done';
  const isWarm = () => time >= warmUpMs;
  const arrivesAt = () => (arrived * costMs) / times;
  const doWork = () => {
    for (const until = time; ready.length > 0 && ready[0]! <= until; ready.shift()) {
      time += costMs;
      if (isWarm()) done++;
      admission.ended();
    }
  };
  const arrive = (priority: number) => {
    const at = time;
    admission.admit(priority, {
      begin() {
        if (isWarm() && priority === 0) waitsMs.push(time - at);
        ready.push(time + delayMs);
        if (delayMs === 0) doWork();
      },
      refuse() {
        time += refusalMs;
        if (isWarm()) refused.push(priority);
      },
    });
  };
  while (time < endMs) {
    doWork();
    let ends: boolean = next !== 'done';
    for (const until = time; arrivesAt() <= until; arrived++) {
      if (!ends) admission.startTurn({ timeMs: time, idleMs: idle });
      ends = true;
      arrive(Math.floor(arrived * important) < Math.floor((arrived + 1) * important) ? 2 : 0);
    }
    next = ends ? admission.endTurn({ timeMs: time, idleMs: idle }) : 'done';
    if (next === 'next turn') time += 0.01;
    else {
      const awake = Math.min(arrivesAt(), ready[0] ?? Infinity, next === 'pause' ? time + 1 : Infinity);
      idle += Math.max(0, awake - time);
      time = Math.max(time, awake);
    }
  }
  const longestWaitMs = waitsMs.reduce((a, b) => Math.max(a, b), 0);
  return { done, capacity: (endMs - warmUpMs) / costMs, refused: new Set(refused), longestWaitMs };
}

const costMs = fc.double({ min: 0.3, max: 10, noNaN: true });
const loads = fc.record({
  costMs,
  // Fixed by what Node needs for a request that it refuses.
  refusalMs: fc.constant(0.005),
  times: fc.double({ min: 1.5, max: 5, noNaN: true }),
  important: fc.double({ min: 0, max: 0.05, noNaN: true }),
  delayMs: fc.constantFrom(0, 1, 20),
});

test('under any overload, a task does nearly as much as it can, no request waits long, and important ones are served', () => {
  fc.assert(
    fc.property(loads, (load) => {
      const { done, capacity, refused, longestWaitMs } = simulate(load);
      const refusing = (load.times * load.refusalMs) / load.costMs;
      expect(done).toBeGreaterThan(0.9 * capacity * (1 - refusing));
      expect(refused).toEqual(new Set([0]));
      expect(longestWaitMs).toBeLessThan(60 + 6 * load.costMs + 2 * load.delayMs);
    }),
    { numRuns: 30 },
  );
});

test('below its capacity, a task refuses nothing', () => {
  fc.assert(
    fc.property(costMs, fc.double({ min: 0.05, max: 0.85, noNaN: true }), (cost, times) => {
      const { refused } = simulate({ costMs: cost, refusalMs: 0.005, times, important: 0.1, delayMs: 0 });
      expect(refused).toEqual(new Set());
    }),
    { numRuns: 20 },
  );
});

const start = { timeMs: 0, idleMs: 0 };

/** Admits requests whose work is done at once. Returns what became of each. */
function admitTo(admission: Admission) {
  const begun: string[] = [];
  const refused: string[] = [];
  const admit = (priority: number, name: string) =>
    admission.admit(priority, {
      begin: () => {
        begun.push(name);
        admission.ended();
      },
      refuse: () => refused.push(name),
    });
  return { begun, refused, admit };
}

test('requests that wait for a dependency limit nothing, however many they are', () => {
  const admission = createAdmission(3, start);
  const refuse = () => {
    throw new Error('refused');
  };
  for (let turn = 1; turn <= 1000; turn++) {
    for (let i = 0; i < 10; i++) admission.admit(0, { begin: () => {}, refuse });
    expect(admission.endTurn({ timeMs: turn * 10, idleMs: turn * 8 })).toBe('done');
  }
});

test('one long request, or one long pause, is no overload', () => {
  const admission = createAdmission(3, start);
  const { begun, admit } = admitTo(admission);
  admit(0, 'long');
  admission.endTurn({ timeMs: 500, idleMs: 0 });
  for (let i = 0; i < 100; i++) admit(0, 'short');
  expect(begun).toHaveLength(101);
});

/** Returns an admission that has measured a cost of 2 ms at time 200. */
function overloaded() {
  const admission = createAdmission(3, start);
  const requests = admitTo(admission);
  for (let i = 0; i < 100; i++) requests.admit(0, 'measured');
  admission.endTurn({ timeMs: 200, idleMs: 0 });
  requests.begun.length = 0;
  return { admission, ...requests };
}

test('under overload, what waits is begun by priority, and in the order of arrival', () => {
  const { admission, begun, admit } = overloaded();
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) admit(0, name);
  for (const name of ['c1', 'c2']) admit(2, name);
  admit(1, 'b1');
  for (let time = 202; admission.endTurn({ timeMs: time, idleMs: 0 }) !== 'done'; time += 2);
  expect(begun).toEqual(['a1', 'a2', 'a3', 'c1', 'c2', 'b1', 'a4', 'a5']);
});

test('a request is refused when it would wait too long, at once if that can be foreseen, and later if others go first', () => {
  const { admission, begun, refused, admit } = overloaded();
  for (let i = 0; i < 30; i++) admit(0, `a${i}`);
  // Three begin, and 25 of 2 ms each fit into 50 ms.
  expect(refused).toEqual(['a28', 'a29']);
  for (let i = 0; i < 40; i++) admit(2, `c${i}`);
  for (let time = 202; admission.endTurn({ timeMs: time, idleMs: 0 }) !== 'done'; time += 2);
  expect(begun.filter((name) => name.startsWith('c'))).toHaveLength(40);
  expect(refused).toHaveLength(27);
});

test('when the overload is over, nothing waits', () => {
  const { admission, begun, admit } = overloaded();
  let time = 200;
  for (let i = 1; i <= 10; i++) {
    admit(0, 'cheap');
    admission.endTurn({ timeMs: (time += 20), idleMs: i * 19.99 });
  }
  begun.length = 0;
  for (let i = 0; i < 100; i++) admit(0, 'burst');
  expect(begun).toHaveLength(100);
});
