import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLogFiles } from '../../../local/host/log-files.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'headroom-logs-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const read = (file: string) => readFileSync(join(dir, file), 'utf8');
const fail = (error: Error): never => {
  throw error;
};

test('a log goes on from start to start, one file for all who write to it', async () => {
  for (const line of ['first', 'second']) {
    const logs = createLogFiles(dir, fail);
    expect(logs.open('orders')).toBe(logs.open('orders'));
    logs.open('orders').write(`${line}\n`);
    await logs.close();
  }
  expect(read('orders.log')).toBe('first\nsecond\n');
});

test('a log of more than 10 MB is set aside when it is opened, in the place of the one set aside before', async () => {
  writeFileSync(join(dir, 'orders.log'), 'old');
  truncateSync(join(dir, 'orders.log'), 10 * 1024 * 1024 + 1);
  writeFileSync(join(dir, 'orders.log.1'), 'older');
  const logs = createLogFiles(dir, fail);
  logs.open('orders').write('new');
  await logs.close();
  expect(read('orders.log')).toBe('new');
  expect(read('orders.log.1').slice(0, 3)).toBe('old');
});

test('a log that cannot be written is told', async () => {
  const told = Promise.withResolvers<Error>();
  const logs = createLogFiles(dir, told.resolve);
  logs.open('no/such/folder');
  expect((await told.promise).message).toContain('ENOENT');
});
