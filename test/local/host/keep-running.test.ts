import { expect, test } from '@jest/globals';
import { keepRunning, type Running } from '../../../local/host/keep-running.ts';
import { eventually } from '../../support/eventually.ts';

/** The pause before the first restart, in ms. */
const pauseMs = 20;
/** Long enough for a restart that should not happen. */
const longerThanThePause = async () => new Promise((resolve) => setTimeout(resolve, 5 * pauseMs));

/** Servers that end when they are told to, and a runtime that remembers what it was told. */
function createRig({ failures = 0 } = {}) {
  const started: (Running & { end(lastWords: string): void })[] = [];
  const events: string[] = [];
  const children = new Set<number>();
  let failing = 0;
  return {
    started,
    events,
    children,
    start: async () => {
      if (started.length > 0 && failing++ < failures) throw new Error('the port is taken');
      const { promise, resolve } = Promise.withResolvers<string>();
      const server = { pid: started.length + 1, exited: promise, stop: async () => resolve('stopped'), end: resolve };
      started.push(server);
      return server;
    },
    runtime: {
      children: { add: (pid: number) => void children.add(pid), remove: (pid: number) => void children.delete(pid) },
      report: { starting: () => {}, ready: () => {}, event: (message: string) => void events.push(message) },
      stopping: new AbortController().signal,
    },
  };
}

test('a server that ended is started again, and its last line is told', async () => {
  const rig = createRig();
  const kept = await keepRunning('Redis', rig.start, rig.runtime, pauseMs);
  rig.started[0]?.end('first line\nout of memory');
  await eventually(async () => expect(kept.current().pid).toBe(2), 15_000, pauseMs);
  expect(rig.events).toEqual(['Redis ended and is started again: out of memory']);
  expect([...rig.children]).toEqual([2]);
  await kept.stop();
});

test('a start that fails is tried again, with the reason told', async () => {
  const rig = createRig({ failures: 1 });
  const kept = await keepRunning('Redis', rig.start, rig.runtime, pauseMs);
  rig.started[0]?.end('');
  await eventually(async () => expect(kept.current().pid).toBe(2), 15_000, pauseMs);
  expect(rig.events.at(-1)).toBe('Redis could not be started: the port is taken');
  await kept.stop();
});

test('a server that was asked to stop stays stopped', async () => {
  const rig = createRig();
  const kept = await keepRunning('Redis', rig.start, rig.runtime, pauseMs);
  await kept.stop();
  await longerThanThePause();
  expect([rig.started.length, rig.events, rig.children.size]).toEqual([1, [], 0]);
});

test('a stop while it is on its way up again leaves nothing running', async () => {
  const rig = createRig();
  const kept = await keepRunning('Redis', rig.start, rig.runtime, pauseMs);
  rig.started[0]?.end('');
  await kept.stop();
  await longerThanThePause();
  expect(rig.started).toHaveLength(1);
});

test('a stop in the middle of a restart stops what that brought up', async () => {
  const rig = createRig();
  const restart = Promise.withResolvers<void>();
  const start = async () => {
    if (rig.started.length > 0) await restart.promise;
    return rig.start();
  };
  const stopping = new AbortController();
  const kept = await keepRunning('Redis', start, { ...rig.runtime, stopping: stopping.signal }, pauseMs);
  rig.started[0]?.end('');
  await longerThanThePause();
  const stopped = kept.stop();
  restart.resolve();
  await stopped;
  expect(rig.started).toHaveLength(2);
  await expect(rig.started[1]?.exited).resolves.toBe('stopped');
});

test('a first start that fails fails the caller', async () => {
  const failing = async () => Promise.reject(new Error('no space left on device'));
  await expect(keepRunning('Redis', failing, createRig().runtime)).rejects.toThrow('no space left on device');
});
