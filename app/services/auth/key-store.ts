import type { Generated } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { FindKeyOwner } from '../../kit/api-keys.ts';
import type { Database } from '../../kit/database.ts';
import { hashKey, maxKeys, userOf, type ApiKey } from './api-key.ts';

export interface KeyTables {
  users: { user_id: string; email: string };
  api_keys: { user_id: string; id: string; prefix: string; hash: Buffer; created_at: Generated<Date> };
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
        await tx.selectFrom('users').select('user_id').where('user_id', '=', userId).forUpdate().execute();
        const existing = await tx.selectFrom('api_keys').select('id').where('user_id', '=', userId).execute();
        if (existing.length >= maxKeys) return undefined;
        return tx
          .insertInto('api_keys')
          .values({ user_id: userId, id: uuidv7(), prefix, hash: hashKey(key) })
          .returning(['id', 'prefix', 'created_at as createdAt'])
          .executeTakeFirstOrThrow();
      }),

    list: (userId) =>
      primary
        .selectFrom('api_keys')
        .select(['id', 'prefix', 'created_at as createdAt'])
        .where('user_id', '=', userId)
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

    async ownerOf(key) {
      const userId = userOf(key);
      if (userId === undefined) return undefined;
      return primary
        .selectFrom('api_keys')
        .innerJoin('users', 'users.user_id', 'api_keys.user_id')
        .select(['users.user_id as id', 'users.email'])
        .where('api_keys.user_id', '=', userId)
        .where('hash', '=', hashKey(key))
        .executeTakeFirst();
    },
  };
}
