import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'headroom-setup-'));
  mkdirSync(join(clone, 'scripts'));
  copyFileSync(join(import.meta.dirname, '../../scripts/setup.mjs'), join(clone, 'scripts/setup.mjs'));
  // An npm that records its arguments.
  write('npm.cjs', "require('node:fs').writeFileSync('asked', process.argv.slice(2).join(' '))");
  locked({ fastify: { version: '5.0.0' }, '@esbuild/other': { version: '1.0.0', optional: true } });
});
afterEach(() => rmSync(clone, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(clone, file)), { recursive: true });
  writeFileSync(join(clone, file), text);
}
const locked = (packages: object) => write('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages } }));
const installed = (packages: object) => write('node_modules/.package-lock.json', JSON.stringify({ packages }));
const ownNode = () => write('node_modules/node/bin/node', '');

function setUp() {
  const { status, stderr } = spawnSync(process.execPath, [join(clone, 'scripts/setup.mjs')], {
    encoding: 'utf8',
    env: { npm_execpath: join(clone, 'npm.cjs') },
  });
  const asked = existsSync(join(clone, 'asked')) ? readFileSync(join(clone, 'asked'), 'utf8') : undefined;
  return { status, stderr, asked };
}

test('nothing is installed or printed if only packages of other platforms are missing', () => {
  installed({ fastify: { version: '5.0.0' } });
  ownNode();
  expect(setUp()).toEqual({ status: 0, stderr: '', asked: undefined });
});

test.each([
  ['a fresh clone', () => {}],
  ['another version', () => installed({ fastify: { version: '4.9.0' } })],
  ['a missing package', () => installed({})],
])('%s: the packages of the lock file are installed', (_, given) => {
  given();
  ownNode();
  expect(setUp()).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^Installing .*\nInstalled in \d+ s/),
    asked: expect.stringMatching(/^ci /),
  });
});

test('a failure of npm fails the command and says what to do', () => {
  write('npm.cjs', 'process.exit(7)');
  expect(setUp()).toMatchObject({ status: 1, stderr: expect.stringContaining('run the same command again') });
});

test('a Node whose install script did not run is reported', () => {
  expect(setUp()).toMatchObject({ status: 1, stderr: expect.stringContaining('`ignore-scripts`') });
});
