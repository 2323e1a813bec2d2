import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

import { descendants, signalProcess } from '../local/host/processes.ts';

const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command and forwards signals to it. Resolves with the exit code when the command ends; with undefined if it
 * was interrupted.
 *
 * @param onSpawn called with the child process, such as to read its output
 */
export async function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  onSpawn: (child: ChildProcess) => void = () => undefined,
): Promise<number | undefined> {
  const child = spawn(command, args, options);
  onSpawn(child);
  let interrupted = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    interrupted = true;
    // Its children too: a worker whose parent has died may wait for a server that it has started itself.
    const pid = child.pid as number;
    for (const each of [...descendants(pid), pid]) signalProcess(each, signal);
  };
  for (const signal of interruptions) process.on(signal, interrupt);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return interrupted ? undefined : (code ?? 1);
  } finally {
    for (const signal of interruptions) process.off(signal, interrupt);
  }
}
