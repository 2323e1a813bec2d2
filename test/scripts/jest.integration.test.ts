import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { processStart } from '../../local/host/process-start.ts';
import { descendants, processesWith } from '../../local/host/processes.ts';
import { eventually } from '../support/eventually.ts';

const root = resolve(import.meta.dirname, '../..');

/** Ctrl-C in a terminal signals the whole process group; editors and supervisors signal one process. */
test.each<[string, (pid: number) => void]>([
  ['Ctrl-C', (pid) => process.kill(-pid, 'SIGINT')],
  ['SIGTERM', (pid) => process.kill(pid, 'SIGTERM')],
])(
  '%s during tests with servers ends workers and servers and deletes the temporary files',
  async (_, interrupt) => {
    const temporary = mkdtempSync(join(tmpdir(), 'headroom-interrupted-'));
    const files = ['auth/auth', 'catalog/catalog'].map((name) => `test/app/services/${name}.integration.test.ts`);
    const run = spawn(process.execPath, ['scripts/jest.ts', ...files], {
      cwd: root,
      env: { ...process.env, TMPDIR: temporary },
      stdio: 'ignore',
      detached: true,
    });
    const pid = run.pid as number;
    const exited = once(run, 'exit');
    const commands = () => processesWith(temporary).map(({ command }) => command);
    await eventually(async () => expect(commands()).toContainEqual(expect.stringContaining('postgres -D')));
    const started = descendants(pid);
    interrupt(pid);
    expect(await exited).toEqual([130, null]);
    expect(commands()).toEqual([]);
    expect(started.filter(isAlive)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
    rmdirSync(temporary);
  },
  30_000,
);

const isAlive = (pid: number): boolean => processStart(pid) !== undefined;

test('inline snapshots that a run writes are formatted', () => {
  const file = join(import.meta.dirname, `inline-snapshot-${process.pid}.test.ts`);
  const text = 'a text so long that its line must be broken once the snapshot is in it, as jest does not';
  writeFileSync(
    file,
    `import { expect, test } from '@jest/globals';\n\ntest('x', () => {\n  expect('${text}').toMatchInlineSnapshot();\n});\n`,
  );
  const run = (...command: string[]) => spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  try {
    expect(run('scripts/jest.ts', file, '--ci=false')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('1 snapshot written'),
    });
    expect(readFileSync(file, 'utf8')).toContain(`\`"${text}"\``);
    expect(run('node_modules/oxfmt/bin/oxfmt', '--check', file)).toMatchObject({ status: 0 });
  } finally {
    rmSync(file);
  }
});
