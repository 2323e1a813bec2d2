import { execFile, spawnSync } from 'node:child_process';
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
    const isMissing = code === 'ENOENT' || stderr.includes('Cannot connect to the Docker daemon');
    const remedy = isMissing ? '\nInstall and start Docker, or run tasks as processes: leave out --containers.' : '';
    throw new Refusal(`docker ${args[0]} failed: ${what}${remedy}`, { cause: error });
  }
}

/** Containers carry their state folder as a label, by which those that an earlier start left running are found. */
export const containerLabel = (stateDir: string): string => `headroom=${stateDir}`;

/** Removes the containers of a state folder. Does nothing without Docker. */
export function removeContainers(stateDir: string): void {
  const list = ['ps', '--all', '--quiet', '--filter', `label=${containerLabel(stateDir)}`];
  const { stdout } = spawnSync('docker', list, { encoding: 'utf8' });
  const ids = (stdout ?? '').split('\n').filter((id) => id !== '');
  if (ids.length > 0) spawnSync('docker', ['rm', '--force', ...ids], { stdio: 'ignore' });
}

/** Files that containers read. The folder exists once a start has run containers. */
export const containerFiles = (stateDir: string): string => `${stateDir}/container-files`;
