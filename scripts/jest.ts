/** `npm run jest -- …`: runs jest with the flags that the tests need. */
import { spawnSync, type StdioOptions } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith, signalProcess } from '../local/host/processes.ts';
import { run } from './run.ts';

const root = resolve(import.meta.dirname, '..');
const jest = join(root, 'node_modules/jest/bin/jest.js');
const flags = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  `--import=${join(root, 'scripts/jest-globals.ts')}`,
];

/**
 * Runs jest with a separate temporary folder, which is deleted afterwards. After Ctrl-C, also ends the servers that
 * tests have started in it. Returns the exit code; undefined if jest was interrupted.
 */
export async function runJest(args: readonly string[], stdio: StdioOptions): Promise<number | undefined> {
  const temporary = mkdtempSync(join(tmpdir(), 'headroom-test-'));
  try {
    // Compiled code of earlier runs saves a second of the unit tests.
    const env = { ...process.env, TMPDIR: temporary, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node-jest') };
    const code = await run(process.execPath, [...flags, jest, ...args], { stdio, env });
    if (code === undefined) await endProcessesIn(temporary);
    return code;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Ends the servers with the folder in their command line: they outlive the process that started them. */
async function endProcessesIn(folder: string): Promise<void> {
  const end = (signal: NodeJS.Signals): void => {
    for (const { pid } of processesWith(folder)) signalProcess(pid, signal);
  };
  end('SIGINT');
  const deadline = performance.now() + 5_000;
  while (processesWith(folder).length > 0 && performance.now() < deadline) await sleep(50);
  end('SIGKILL');
}

/** Formats the test files written since `time` (ms): jest writes inline snapshots without formatting them. */
function formatTestsWrittenSince(time: number): void {
  const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(root, 'test', file))
    .filter((file) => statSync(file).mtimeMs >= time);
  if (tests.length > 0) spawnSync(join(root, 'node_modules/.bin/oxfmt'), tests, { cwd: root });
}

if (import.meta.main) {
  const start = Date.now();
  process.exitCode = (await runJest(process.argv.slice(2), 'inherit')) ?? 130;
  formatTestsWrittenSince(start);
}
