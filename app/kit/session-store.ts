import { DependencyError } from './problem.ts';

export interface User {
  id: string;
  email: string;
}

/** A session as it is stored. */
export interface StoredSession {
  readonly user: User;
  /** When the user signed in, in ms since the epoch. */
  readonly createdAt: number;
  /** The `User-Agent` that signed in, shortened. */
  readonly userAgent: string;
}

/** A session with the position that it has written up to (own-writes.ts). */
export interface FoundSession extends StoredSession {
  readonly written: number;
}

/**
 * The commands of Redis that sessions use. A service that only reads sessions uses `getex`, and on positions `zscore`, `zadd`
 * and `pexpire`.
 */
export interface SessionRedis {
  getex(key: string, unit: 'PX', ms: number): Promise<string | null>;
  mget(keys: string[]): Promise<(string | null)[]>;
  set(key: string, value: string, unit: 'PX', ms: number): Promise<unknown>;
  del(keys: string[]): Promise<unknown>;
  zadd(key: string, score: number, member: string): Promise<unknown>;
  zadd(key: string, greater: 'GT', score: number, member: string): Promise<unknown>;
  zrem(key: string, members: string[]): Promise<unknown>;
  zrange(key: string, start: number, stop: number): Promise<string[]>;
  zscore(key: string, member: string): Promise<string | null>;
  pexpire(key: string, ms: number): Promise<unknown>;
}

/** A session ends a week after sign-in, in ms. */
export const lifetimeMs = 7 * 24 * 60 * 60 * 1000;
/** And a day after its last request, in ms. */
export const idleMs = 24 * 60 * 60 * 1000;
/** One more sign-in ends the user's oldest session. */
const maxPerUser = 100;

/** All methods throw a DependencyError while Redis is not available. */
export interface SessionStore {
  /** Returns a session that has not ended, and postpones its idle timeout. */
  find(id: string): Promise<FoundSession | undefined>;
  /** Returns how far a session, or an API key, has written; 0 if it has not. */
  findWritten(id: string): Promise<number>;
  /** Keeps how far a session, or an API key, has written; does nothing if it has written further. */
  setWritten(id: string, position: number): Promise<void>;
  create(id: string, session: StoredSession): Promise<void>;
  /** Ends sessions of a user. */
  end(userId: string, ids: string[]): Promise<void>;
  /** Returns whether it was a session of this user. */
  endOne(userId: string, id: string): Promise<boolean>;
  /** Ends all sessions of a user, except `kept`. */
  endAll(userId: string, kept?: string): Promise<void>;
  /** Returns a user's sessions, newest first. */
  list(userId: string): Promise<(StoredSession & { readonly id: string })[]>;
}

/**
 * Keeps sessions in Redis: each as JSON under `session:<id>`, and the ids of a user in the sorted set `session:of:<user>`.
 * A session is written once, at sign-in. Requests only postpone its expiry, which does nothing to a key that is gone: a
 * session that was ended while a request read it stays ended.
 *
 * How far a session has written is the score of a sorted set, `session:written:<id>`, which only grows, whatever the order in
 * which requests end. It expires a day after the last write: no replica that is read lags as much.
 */
export function createSessionStore(redis: SessionRedis): SessionStore {
  const key = (id: string) => `session:${id}`;
  const ofUser = (userId: string) => `session:of:${userId}`;

  const writtenKey = (id: string) => `session:written:${id}`;

  const findWritten = async (id: string) => Number((await redis.zscore(writtenKey(id), 'position')) ?? 0);

  const find: SessionStore['find'] = async (id) => {
    // Sent together: one round trip.
    const [json, written] = await Promise.all([redis.getex(key(id), 'PX', idleMs), findWritten(id)]);
    const session = read(json);
    return session && { ...session, written };
  };

  const setWritten: SessionStore['setWritten'] = async (id, position) => {
    await Promise.all([redis.zadd(writtenKey(id), 'GT', position, 'position'), redis.pexpire(writtenKey(id), idleMs)]);
  };

  const create: SessionStore['create'] = async (id, session) => {
    const ids = ofUser(session.user.id);
    // Listed before it exists: a session that could not be listed could not be ended either.
    await redis.zadd(ids, session.createdAt, id);
    await redis.pexpire(ids, lifetimeMs);
    await redis.set(key(id), JSON.stringify(session), 'PX', idleMs);
    await end(session.user.id, await redis.zrange(ids, 0, -maxPerUser - 1));
  };

  const end: SessionStore['end'] = async (userId, ids) => {
    if (ids.length === 0) return;
    await redis.del(ids.flatMap((id) => [key(id), writtenKey(id)]));
    await redis.zrem(ofUser(userId), ids);
  };

  const endOne: SessionStore['endOne'] = async (userId, id) => {
    if ((await redis.zscore(ofUser(userId), id)) === null) return false;
    await end(userId, [id]);
    return true;
  };

  const endAll: SessionStore['endAll'] = async (userId, kept) => {
    const ids = await redis.zrange(ofUser(userId), 0, -1);
    await end(
      userId,
      ids.filter((id) => id !== kept),
    );
  };

  const list: SessionStore['list'] = async (userId) => {
    const ids = (await redis.zrange(ofUser(userId), 0, -1)).toReversed();
    const values = ids.length === 0 ? [] : await redis.mget(ids.map(key));
    return ids.flatMap((id, i) => {
      const session = read(values[i] ?? null);
      return session === undefined ? [] : [{ id, ...session }];
    });
  };

  return {
    find: whileAvailable(find),
    findWritten: whileAvailable(findWritten),
    setWritten: whileAvailable(setWritten),
    create: whileAvailable(create),
    end: whileAvailable(end),
    endOne: whileAvailable(endOne),
    endAll: whileAvailable(endAll),
    list: whileAvailable(list),
  };
}

function read(json: string | null): StoredSession | undefined {
  if (json === null) return undefined;
  const session = JSON.parse(json) as StoredSession;
  return session.createdAt + lifetimeMs > Date.now() ? session : undefined;
}

function whileAvailable<A extends unknown[], T>(command: (...args: A) => Promise<T>) {
  return async (...args: A): Promise<T> => {
    try {
      return await command(...args);
    } catch (cause) {
      throw new DependencyError('The session store', { cause });
    }
  };
}
