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

test('a log is appended to at each start, with a time on each line and one stream for all writers', async () => {
  for (const line of ['first', 'second']) {
    const logs = createLogFiles(dir, fail);
    expect(logs.open('orders')).toBe(logs.open('orders'));
    logs.open('orders').write(`${line}\n`);
    await logs.close();
  }
  expect(read('orders.log')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z first\n\S+Z second\n$/);
});

test('a log of more than 10 MB is renamed when it is opened, and replaces the previously renamed one', async () => {
  writeFileSync(join(dir, 'orders.log'), 'old');
  truncateSync(join(dir, 'orders.log'), 10 * 1024 * 1024 + 1);
  writeFileSync(join(dir, 'orders.log.1'), 'older');
  const logs = createLogFiles(dir, fail);
  logs.open('orders').write('new');
  await logs.close();
  expect(read('orders.log')).toMatch(/Z new\n$/);
  expect(read('orders.log.1').slice(0, 3)).toBe('old');
});

test('an error while writing a log is reported', async () => {
  const reported = Promise.withResolvers<Error>();
  const logs = createLogFiles(dir, reported.resolve);
  logs.open('no/such/folder');
  expect((await reported.promise).message).toContain('ENOENT');
});

test('a log that grows over 10 MB while it is written is renamed, and no line is lost', async () => {
  const logs = createLogFiles(dir, fail);
  const log = logs.open('orders');
  for (let i = 0; i < 12; i += 1) {
    await new Promise<void>((done) => void log.write(`${i} ${'x'.repeat(1024 * 1024)}\n`, () => done()));
  }
  await logs.close();
  const numbers = (file: string) => [...read(file).matchAll(/Z (\d+) x/g)].map(([, number]) => Number(number));
  expect([...numbers('orders.log.1'), ...numbers('orders.log')]).toEqual(Array.from({ length: 12 }, (_, i) => i));
  expect(numbers('orders.log')).toHaveLength(2);
});

test('lines written in pieces are put together, also within a character', async () => {
  const logs = createLogFiles(dir, fail);
  const bytes = Buffer.from('a café\n');
  logs.open('orders').write(bytes.subarray(0, 6));
  logs.open('orders').write(bytes.subarray(6));
  logs.open('orders').write('b');
  await logs.close();
  expect(read('orders.log')).toMatch(/^\S+Z a café\n\S+Z b\n$/);
});
