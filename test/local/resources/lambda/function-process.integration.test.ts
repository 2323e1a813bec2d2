import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { invokeFunction } from '../../../../local/resources/lambda/function-process.ts';

let directory: string;
let log: string;
const children = new Set<number>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headroom-function-'));
  log = '';
});

afterEach(() => {
  rmSync(directory, { recursive: true });
  expect([...children]).toEqual([]);
});

function invoke(
  code: string,
  { file = 'index.mjs', timeoutMs = 10_000, signal = new AbortController().signal } = {},
): Promise<unknown> {
  writeFileSync(join(directory, file), code);
  return invokeFunction({
    name: 'migrate',
    directory,
    handler: 'index.handler',
    environment: { GREETING: 'hello' },
    timeoutMs,
    log: new Writable({
      write(chunk: Buffer, _encoding, done) {
        log += chunk.toString();
        done();
      },
    }),
    children: { add: (pid) => void children.add(pid), remove: (pid) => void children.delete(pid) },
    event: { name: 'world' },
    signal,
  });
}

test('a handler gets its event and its environment, and its result is returned', async () => {
  const code = `export const handler = async ({ name }) => ({ said: process.env.GREETING + ' ' + name });`;
  expect(await invoke(code)).toEqual({ said: 'hello world' });
});

test('a CommonJS handler may return nothing', async () => {
  expect(await invoke('exports.handler = async () => {};', { file: 'index.js' })).toBeNull();
});

test('a handler that throws fails with its message, and its log has the stack', async () => {
  const code = `export const handler = async () => { throw new Error('relation "x" does not exist'); };`;
  await expect(invoke(code)).rejects.toThrow('function migrate failed: relation "x" does not exist');
  expect(log).toContain('index.mjs:1');
});

test('a handler that leaves something open still ends', async () => {
  expect(await invoke(`export const handler = async () => { setInterval(() => {}, 1000); return 1; };`)).toBe(1);
});

test('a handler that takes longer than its timeout fails', async () => {
  const code = `export const handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));`;
  await expect(invoke(code, { timeoutMs: 500 })).rejects.toThrow('took longer than its timeout of 0.5 s');
});

test('a handler ends when the system stops', async () => {
  const code = `export const handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));`;
  const signal = AbortSignal.timeout(300);
  await expect(invoke(code, { signal })).rejects.toThrow('ended without a result (SIGKILL)');
});

test('a process that ends without a result fails', async () => {
  const ended = invoke(`export const handler = () => process.exit(7);`);
  await expect(ended).rejects.toThrow('function migrate ended without a result (exit code 7)');
});

test('a handler that does not exist is named', async () => {
  await expect(invoke('export const other = 1;')).rejects.toThrow('exports no function handler');
  rmSync(join(directory, 'index.mjs'));
  await expect(invoke('', { file: 'main.js' })).rejects.toThrow('there is no index.js');
});
