import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from '@jest/globals';

import { bundle } from '../../lib/bundle.ts';

const scratch = mkdtempSync(join(tmpdir(), 'headroom-bundle-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
  // Bundles are cached by entry; these entries are never bundled again.
  const cache = 'node_modules/.cache/headroom';
  for (const file of readdirSync(cache)) {
    if (file.startsWith(scratch.replaceAll('/', '-'))) rmSync(join(cache, file));
  }
});

/** Creates two services that share a file, as those of the system share the kit. */
function twoServices(): { orders: string; payments: string } {
  const app = mkdtempSync(join(scratch, 'app-'));
  writeFileSync(join(app, 'kit.ts'), 'export const greet = (name: string): string => `Hello ${name}`;');
  for (const name of ['orders', 'payments']) {
    mkdirSync(join(app, name));
    writeFileSync(join(app, name, 'main.ts'), `import { greet } from '../kit.ts'; console.log(greet('${name}'));`);
  }
  return { orders: join(app, 'orders'), payments: join(app, 'payments') };
}

/** Bundles a service and returns the text of each file, by name. */
function filesOf(service: string): Record<string, string> {
  const directory = mkdtempSync(join(scratch, 'out-'));
  bundle(`${service}/main.ts`, directory, 'main.js');
  return Object.fromEntries(readdirSync(directory).map((file) => [file, readFileSync(join(directory, file), 'utf8')]));
}

test('a change in one service changes its bundle and no other', () => {
  const { orders, payments } = twoServices();
  const before = { orders: filesOf(orders), payments: filesOf(payments) };
  writeFileSync(join(orders, 'main.ts'), "console.log('changed');");
  expect(filesOf(orders)).not.toEqual(before.orders);
  expect(filesOf(payments)).toEqual(before.payments);
});

test('a change in a shared file changes all bundles that use it', () => {
  const { orders, payments } = twoServices();
  const before = { orders: filesOf(orders), payments: filesOf(payments) };
  writeFileSync(join(orders, '../kit.ts'), 'export const greet = (name: string): string => `Bye ${name}`;');
  expect(filesOf(orders)).not.toEqual(before.orders);
  expect(filesOf(payments)).not.toEqual(before.payments);
});

test('a bundle of a real service contains no absolute path, and its source map no packages', () => {
  const { 'main.js': code, 'main.js.map': map } = filesOf('app/services/sandbox');
  expect(code).not.toContain(process.cwd());
  expect(map).not.toContain(process.cwd());
  const { sources } = JSON.parse(map ?? '') as { sources: string[] };
  expect(sources).toContain('../../../app/services/sandbox/main.ts');
  expect(sources.filter((source) => source.includes('node_modules'))).toEqual([]);
});

test('a service does not load the WebSocket client that an import of node:http brings', () => {
  const { 'main.js': code } = filesOf('app/services/sandbox');
  expect(code?.match(/from\s*"(?:node:)?http"/g) ?? []).toEqual([]);
});

test('a bundle runs in Node and keeps class names for the logs', async () => {
  const service = mkdtempSync(join(scratch, 'app-'));
  const source =
    'class DeclinedError extends Error {} export const name: string = new DeclinedError().constructor.name;';
  writeFileSync(join(service, 'main.ts'), source);
  const directory = mkdtempSync(join(scratch, 'out-'));
  bundle(`${service}/main.ts`, directory, 'main.js');
  expect(readFileSync(join(directory, 'package.json'), 'utf8')).toBe('{"type":"module"}\n');
  cpSync(join(directory, 'main.js'), join(directory, 'main.mjs'));
  expect(await import(join(directory, 'main.mjs'))).toMatchObject({ name: 'DeclinedError' });
});

test('a bundled task logs where in the sources an error and its cause come from', () => {
  const app = mkdtempSync(join(scratch, 'app-'));
  const code = [
    `import { createLogger } from '${join(process.cwd(), 'app/kit/log.ts')}';`,
    `const log = createLogger({ SERVICE_NAME: 'fails', LOG_LEVEL: 'info' });`,
    `const cause = new TypeError('the cause');`,
    `log.error({ err: new Error('the error', { cause }) });`,
    `log.error({ err: 'no error' });`,
  ];
  writeFileSync(join(app, 'main.ts'), code.join('\n'));
  bundle(`${app}/main.ts`, join(app, 'out'), 'main.js');
  const output = execFileSync(process.execPath, ['main.js'], { cwd: join(app, 'out'), encoding: 'utf8' });
  const [error, other] = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(error.err.stack).toMatch(/Error: the error\n +at \S*main\.ts:4:\d+\n/);
  expect(error.err.stack).toMatch(/caused by: TypeError: the cause\n +at \S*main\.ts:3:\d+\n/);
  expect(other.err).toBe('no error');
});
