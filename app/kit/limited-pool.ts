import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { OverloadError } from './problem.ts';

/** How long a caller waits for its turn, in ms: as long as for a connection of the pool itself. */
const waitMs = 3_000;

/**
 * Limits how many connections of a pool are in use at a time through the returned one. Others wait, and throw an
 * OverloadError after 3 s.
 */
export function limitPool(pool: PostgresPool, max: number): PostgresPool {
  let used = 0;
  const waiting = new Set<() => void>();

  const take = () => {
    if (used < max) {
      used += 1;
      return undefined;
    }
    return new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(begin);
        reject(new OverloadError('All connections for reads on the primary are in use', undefined));
      }, waitMs);
      const begin = () => {
        clearTimeout(timer);
        resolve();
      };
      waiting.add(begin);
    });
  };

  const give = () => {
    const [next] = waiting;
    if (next === undefined) used -= 1;
    else {
      waiting.delete(next);
      next();
    }
  };

  const connect = async (): Promise<PostgresPoolClient> => {
    await take();
    try {
      const client = await pool.connect();
      const release: PostgresPoolClient['release'] = (destroy) => {
        client.release(destroy);
        give();
      };
      return { ...client, release };
    } catch (error) {
      give();
      throw error;
    }
  };
  return { options: pool.options, connect, end: () => pool.end() };
}
