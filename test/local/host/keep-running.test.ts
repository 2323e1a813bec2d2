import { expect, test } from '@jest/globals';
import { keepRunning } from '../../../local/host/keep-running.ts';
import type { ServerProcess } from '../../../local/host/server-process.ts';
import { eventually } from '../../support/eventually.ts';

/** The pause before the first restart, in ms. */
const pauseMs = 20;
/** Long enough for a restart that should not happen. */
const longerThanPause = async () => new Promise((resolve) => setTimeout(resolve, 5 * pauseMs));

/** Above the largest process id, so that signals have no effect. */
let pids = 2 ** 30;

/** Servers that a test ends, and a context that records what is reported. */
function createRig({ failures = 0 } = {}) {
  const started: (ServerProcess & { end(lastLines: string): void })[] = [];
  const notes: string[] = [];
  const changes: string[] = [];
  const children = new Set<number>();
  let failing = 0;
  return {
    started,
    notes,
    changes,
    children,
    start: async () => {
      if (started.length > 0 && failing++ < failures) throw new Error('the port is taken');
      const { promise, resolve } = Promise.withResolvers<string>();
      const server = { pid: pids++, exited: promise, stop: async () => resolve('stopped'), end: resolve };
      started.push(server);
      return server;
    },
    options: {
      name: 'Redis',
      children: { add: (pid: number) => void children.add(pid), remove: (pid: number) => void children.delete(pid) },
      context: {
        part: (_id: string, change: string) => void changes.push(change),
        note: (message: string) => void notes.push(message),
        stopping: new AbortController().signal,
        isUp: () => true,
      },
      firstPauseMs: pauseMs,
    },
  };
}

test('an ended server is started again, and its last line is reported', async () => {
  const rig = createRig();
  const supervised = await keepRunning(rig.start, rig.options);
  rig.started[0]?.end('first line\nout of memory');
  await eventually(async () => expect(supervised.current()).toBe(rig.started[1]), 15_000, pauseMs);
  expect(rig.notes).toEqual(['Redis ended and is started again: out of memory']);
  expect([...rig.children]).toEqual([rig.started[1]?.pid]);
  expect(rig.changes).toEqual(['started', 'ended', 'started']);
  await supervised.stop();
});

test('a failed restart is tried again, and the reason is reported', async () => {
  const rig = createRig({ failures: 1 });
  const supervised = await keepRunning(rig.start, rig.options);
  rig.started[0]?.end('');
  await eventually(async () => expect(supervised.current()).toBe(rig.started[1]), 15_000, pauseMs);
  expect(rig.notes.at(-1)).toBe('Redis could not be started: the port is taken');
  await supervised.stop();
});

test('a stopped server stays stopped', async () => {
  const rig = createRig();
  const supervised = await keepRunning(rig.start, rig.options);
  await supervised.stop();
  await longerThanPause();
  expect([rig.started.length, rig.notes, rig.children.size]).toEqual([1, [], 0]);
});

test('a stop during the pause before a restart prevents the restart', async () => {
  const rig = createRig();
  const supervised = await keepRunning(rig.start, rig.options);
  rig.started[0]?.end('');
  await supervised.stop();
  await longerThanPause();
  expect(rig.started).toHaveLength(1);
});

test('a stop during a restart stops the restarted server', async () => {
  const rig = createRig();
  const restart = Promise.withResolvers<void>();
  const start = async () => {
    if (rig.started.length > 0) await restart.promise;
    return rig.start();
  };
  const stopping = new AbortController();
  const supervised = await keepRunning(start, {
    ...rig.options,
    context: { ...rig.options.context, stopping: stopping.signal },
  });
  rig.started[0]?.end('');
  await longerThanPause();
  const stopped = supervised.stop();
  restart.resolve();
  await stopped;
  expect(rig.started).toHaveLength(2);
  await expect(rig.started[1]?.exited).resolves.toBe('stopped');
});

test('restarts at the same time are one restart, and all of them resolve', async () => {
  const rig = createRig();
  const supervised = await keepRunning(rig.start, rig.options);
  await Promise.all([supervised.restart(), supervised.restart()]);
  expect(rig.started).toHaveLength(2);
  await supervised.stop();
});

test('a restart ends the pause after an unexpected end', async () => {
  const rig = createRig();
  const supervised = await keepRunning(rig.start, { ...rig.options, firstPauseMs: 3_600_000 });
  rig.started[0]?.end('');
  await eventually(async () => expect(rig.notes).toHaveLength(1));
  await supervised.restart();
  expect(supervised.current()).toBe(rig.started[1]);
  await supervised.stop();
});

test('a restart that fails rejects with the reason, and is tried again', async () => {
  const rig = createRig({ failures: 1 });
  const supervised = await keepRunning(rig.start, rig.options);
  await expect(supervised.restart()).rejects.toThrow('the port is taken');
  await eventually(async () => expect(supervised.current()).toBe(rig.started[1]), 15_000, pauseMs);
  await supervised.stop();
});

test('a restart resolves when a stop overtakes it', async () => {
  const rig = createRig();
  const supervised = await keepRunning(rig.start, rig.options);
  const restarted = supervised.restart();
  await supervised.stop();
  await restarted;
  expect(rig.started).toHaveLength(1);
});

test('a failed first start rejects', async () => {
  const failing = async () => Promise.reject(new Error('no space left on device'));
  await expect(keepRunning(failing, createRig().options)).rejects.toThrow('no space left on device');
});
