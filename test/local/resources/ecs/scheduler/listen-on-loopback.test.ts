import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import { expect, test } from '@jest/globals';

const preload = resolve(import.meta.dirname, '../../../../../local/resources/ecs/scheduler/listen-on-loopback.cjs');

/** Runs `server.listen` with these arguments, as a program would, and returns the address it listens on. */
function addressOf(args: string, module = 'http'): string {
  const script = `
    const server = require('node:${module}').createServer();
    server.on('listening', () => {
      const address = server.address();
      console.log(typeof address === 'string' ? 'socket' : address.address);
      server.close();
    });
    server.listen(${args});`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    env: { NODE_OPTIONS: `--require=${JSON.stringify(preload)}` },
  });
  return stdout.trim() || stderr;
}

test.each([
  '',
  '0',
  '"0"',
  '() => {}',
  '0, () => {}',
  '0, undefined, () => {}',
  '0, 511, () => {}',
  '0, "0.0.0.0"',
  '0, "::", 511, () => {}',
  '{ port: 0 }',
  '{ port: 0, host: "0.0.0.0" }, () => {}',
  '{ port: 0, host: "::" }',
  '{ port: 0, host: "0:0::0" }',
  '{ port: undefined }',
  '{ port: null }, () => {}',
  '0, "0"',
  '0, require("node:os").hostname()',
  'undefined, "0.0.0.0"',
])('listen(%s) of a task is on loopback', (args) => {
  expect(addressOf(args)).toBe('127.0.0.1');
});

test('a task that chooses an address of loopback or a socket gets it', () => {
  expect(addressOf('0, "127.0.0.2"', 'net')).toBe('127.0.0.2');
  expect(addressOf('{ path: "\\0headroom-" + process.pid }', 'net')).toBe('socket');
  expect(addressOf('"\\0headroom-" + process.pid', 'net')).toBe('socket');
});
