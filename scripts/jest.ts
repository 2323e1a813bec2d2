/** `npm run jest -- …`: jest as the tests need it. */
import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../local/host/processes.ts';

const jest = resolve(import.meta.dirname, '../node_modules/jest/bin/jest.js');
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs jest with a folder of its own for temporary files, which is gone afterwards, also after Ctrl-C: then with the
 * servers that tests have started there. Answers the exit code, or undefined when it was interrupted.
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

/** Servers name their folders in their command lines. They survive the process that started them, as in production. */
async function endProcessesIn(folder: string): Promise<void> {
  const end = (signal: NodeJS.Signals): void => {
    for (const { pid } of processesWith(folder)) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended in between.
      }
    }
  };
  end('SIGINT');
  const deadline = performance.now() + 5_000;
  while (processesWith(folder).length > 0 && performance.now() < deadline) await sleep(50);
  end('SIGKILL');
}

if (import.meta.main) process.exitCode = (await runJest(process.argv.slice(2), 'inherit')) ?? 130;
