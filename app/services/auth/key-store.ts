import type { Generated } from 'kysely';
import type { FindKeyOwner } from '../../kit/api-keys.ts';
import type { Database } from '../../kit/database.ts';
import { hashKey, maxKeys, type ApiKey } from './api-key.ts';

export interface KeyTables {
  users: { id: string; email: string };
  api_keys: { id: Generated<string>; user_id: string; prefix: string; hash: Buffer; created_at: Generated<Date> };
}

export interface KeyStore {
  /** Returns undefined if the user has `maxKeys` keys. */
  add(userId: string, key: string, prefix: string): Promise<ApiKey | undefined>;
  /** Returns a user's keys, newest first. */
  list(userId: string): Promise<ApiKey[]>;
  /** Returns whether it was a key of this user. */
  revoke(userId: string, id: string): Promise<boolean>;
  readonly ownerOf: FindKeyOwner;
}

/** Reads on the primary: a key works as soon as it is shown, and no longer once it is revoked. */
export function createKeyStore(database: Database<KeyTables>): KeyStore {
  const { primary } = database;
  return {
    add: (userId, key, prefix) =>
      database.transaction(async (tx) => {
        // Two requests at once would both find room for one more key.
        await tx.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
        const existing = await tx.selectFrom('api_keys').select('id').where('user_id', '=', userId).execute();
        if (existing.length >= maxKeys) return undefined;
        return tx
          .insertInto('api_keys')
          .values({ user_id: userId, prefix, hash: hashKey(key) })
          .returning(['id', 'prefix', 'created_at as createdAt'])
          .executeTakeFirstOrThrow();
      }),

    list: (userId) =>
      primary
        .selectFrom('api_keys')
        .select(['id', 'prefix', 'created_at as createdAt'])
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute(),

    async revoke(userId, id) {
      const { numDeletedRows } = await primary
        .deleteFrom('api_keys')
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },

    ownerOf: (key) =>
      primary
        .selectFrom('api_keys')
        .innerJoin('users', 'users.id', 'api_keys.user_id')
        .select(['users.id', 'users.email'])
        .where('hash', '=', hashKey(key))
        .executeTakeFirst(),
  };
}
