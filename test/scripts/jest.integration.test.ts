import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { processesWith } from '../../local/host/processes.ts';
import { eventually } from '../support/eventually.ts';

const root = resolve(import.meta.dirname, '../..');

test('Ctrl-C in the middle of tests with servers leaves neither a server nor a file behind', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'headroom-interrupted-'));
  const run = spawn(process.execPath, ['scripts/jest.ts', 'test/app/services/auth/auth.integration.test.ts'], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary },
    stdio: 'ignore',
    // A terminal's Ctrl-C goes to all of a group.
    detached: true,
  });
  const exited = once(run, 'exit');
  const commands = () => processesWith(temporary).map(({ command }) => command);
  await eventually(async () => expect(commands()).toContainEqual(expect.stringContaining('postgres -D')));
  process.kill(-(run.pid as number), 'SIGINT');
  expect(await exited).toEqual([130, null]);
  expect(commands()).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
  rmdirSync(temporary);
}, 30_000);
