/** `npm run jest -- …`: runs jest with what the tests need. */
import { spawn, spawnSync, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../local/host/processes.ts';

const root = resolve(import.meta.dirname, '..');
const jest = join(root, 'node_modules/jest/bin/jest.js');
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs jest with a temporary folder of its own, which is deleted afterwards. After Ctrl-C, also ends the servers that
 * tests have started in it. Returns the exit code, or undefined when jest was interrupted.
 */
export async function runJest(args: readonly string[], stdio: StdioOptions): Promise<number | undefined> {
  const temporary = mkdtempSync(join(tmpdir(), 'headroom-test-'));
  const child = spawn(process.execPath, [...flags, jest, ...args], {
    stdio,
    env: { ...process.env, TMPDIR: temporary },
  });
  let interrupted = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    interrupted = true;
    child.kill(signal);
  };
  for (const signal of interruptions) process.on(signal, interrupt);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return interrupted ? undefined : (code ?? 1);
  } finally {
    if (interrupted) await endProcessesIn(temporary);
    rmSync(temporary, { recursive: true, force: true });
    for (const signal of interruptions) process.off(signal, interrupt);
  }
}

/** Finds servers by the folder in their command line: they outlive the process that started them. */
async function endProcessesIn(folder: string): Promise<void> {
  const end = (signal: NodeJS.Signals): void => {
    for (const { pid } of processesWith(folder)) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended since.
      }
    }
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
