import { homedir } from 'node:os';
import { join } from 'node:path';
import { onPath } from '../../host/on-path.ts';
import { redisFromPackage, type RedisBinary } from './redis-package.ts';

/**
 * Finds `valkey-server` or `redis-server` on the PATH, else unpacks the distribution's package into the user's cache
 * folder, which does not need root or change the system.
 *
 * @throws Error that says how to install one
 */
export async function findRedis(cacheDir = defaultCache()): Promise<RedisBinary> {
  for (const name of ['valkey-server', 'redis-server']) {
    const command = onPath(name);
    if (command) return { command, env: {} };
  }
  const remedy =
    process.platform === 'darwin'
      ? 'Install one: brew install valkey'
      : 'Install one: sudo apt-get install redis-server, sudo dnf install valkey, or the package of your system';
  if (!onPath('apt-get')) throw new Error(`There is no valkey-server and no redis-server on PATH. ${remedy}.`);
  try {
    return await redisFromPackage(join(cacheDir, 'redis'));
  } catch (cause) {
    throw new Error(
      `There is no valkey-server and no redis-server on PATH, and apt-get could not fetch one: ${(cause as Error).message.trim()}\n${remedy}.`,
      { cause },
    );
  }
}

const defaultCache = () => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'headroom');
