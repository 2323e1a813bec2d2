import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { createChildren, endLeftovers } from '../../../local/host/children.ts';
import { processStart } from '../../../local/host/process-start.ts';

const childrenModule = resolve(import.meta.dirname, '../../../local/host/children.ts');
let directory: string;
let file: string;
let sleeper: ChildProcess;

const fail = (error: unknown): never => {
  throw error;
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'headroom-children-'));
  file = join(directory, 'children');
  sleeper = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(sleeper, 'spawn');
});

afterEach(() => {
  sleeper.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

test('a process that a killed runtime left running is ended, and its name returned', async () => {
  createChildren(file, fail).add(sleeper.pid ?? 0, 'shop 1a2b');
  const ended = once(sleeper, 'exit');
  expect(await endLeftovers(file)).toEqual(['shop 1a2b']);
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect(await endLeftovers(file)).toEqual([]);
});

test('another process that reuses the pid is not ended', async () => {
  writeFileSync(file, `${sleeper.pid} another-start shop\n`);
  expect(await endLeftovers(file)).toEqual([]);
  expect(processStart(sleeper.pid ?? 0)).toBeDefined();
});

test('an ended child is removed from the file', () => {
  const children = createChildren(file, fail);
  children.add(sleeper.pid ?? 0, 'shop');
  children.remove(sleeper.pid ?? 0);
  expect(readFileSync(file, 'utf8')).toBe('');
});

test('the guard ends the children after a kill -9 of the runtime', async () => {
  createChildren(file, fail).add(sleeper.pid ?? 0, 'shop');
  const program = `
    const { guardChildren } = await import(${JSON.stringify(childrenModule)});
    guardChildren(${JSON.stringify(file)});
    console.log('guarded');
    setInterval(() => {}, 1000);`;
  const runtime = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(runtime.stdout, 'data');
  const ended = once(sleeper, 'exit');
  runtime.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGTERM']);
});
