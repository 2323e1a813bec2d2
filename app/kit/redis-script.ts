import { createHash } from 'node:crypto';

/** The commands of Redis that run scripts. */
export interface ScriptRedis {
  evalsha(sha: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
}

/** Returns a function that runs a script by its hash, and sends all of it only to a server that does not know it yet. */
export function createScript(script: string) {
  const sha = createHash('sha1').update(script).digest('hex');
  return async (redis: ScriptRedis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(script, keys.length, ...keys, ...args);
    }
  };
}
