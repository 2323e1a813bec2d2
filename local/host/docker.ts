import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { Refusal } from '../kernel/refusal.ts';

/**
 * Runs a command of Docker and returns what it prints.
 * @throws Refusal with Docker's own message if the command fails, or Docker is not there
 */
export async function docker(...args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('docker', args);
    return stdout.trim();
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    const what = code === 'ENOENT' ? 'docker is not on the PATH' : stderr.trim() || (error as Error).message;
    throw new Refusal(`docker ${args[0]} failed: ${what}\nInstall and start Docker, or run tasks as processes.`, {
      cause: error,
    });
  }
}
