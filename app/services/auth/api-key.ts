import { createHash, randomBytes } from 'node:crypto';
import { readWithUser, withUser } from './with-user.ts';

/** A key as it is stored, without the key itself. */
export interface ApiKey {
  readonly id: string;
  readonly prefix: string;
  readonly createdAt: Date;
}

/** The most keys that a user has. */
export const maxKeys = 20;

/**
 * Creates a key of 32 random bytes for a user, whose id it contains. It begins with a name that scanners of leaked secrets can
 * look for.
 */
export function createKey(userId: string): { readonly key: string; readonly prefix: string } {
  const prefix = `hr_${randomBytes(4).toString('hex')}`;
  return { key: `${prefix}_${withUser(userId, randomBytes(32))}`, prefix };
}

/** Returns whose key it is, if it has the form of a key. */
export function userOf(key: string): string | undefined {
  const [, secret] = /^hr_[\da-f]{8}_([\w-]{64})$/.exec(key) ?? [];
  return secret === undefined ? undefined : readWithUser(secret).userId;
}

export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest();
