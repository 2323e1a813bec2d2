import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface RedisBinary {
  readonly command: string;
  /** What it needs in its environment besides ours. */
  readonly env: NodeJS.ProcessEnv;
}

/** `valkey-server` or `redis-server` from PATH. */
export async function findRedis(): Promise<RedisBinary> {
  for (const name of ['valkey-server', 'redis-server']) {
    const command = onPath(name);
    if (command) return { command, env: {} };
  }
  throw new Error('no redis-server');
}

function onPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
