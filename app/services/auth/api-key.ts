import { createHash, randomBytes } from 'node:crypto';

/** A key as it is stored, without the key itself. */
export interface ApiKey {
  readonly id: string;
  readonly prefix: string;
  readonly createdAt: Date;
}

/** The most keys that a user has. */
export const maxKeys = 20;

/** Creates a key of 32 random bytes. It begins with a name that scanners of leaked secrets can look for. */
export function createKey(): { readonly key: string; readonly prefix: string } {
  const prefix = `hr_${randomBytes(4).toString('hex')}`;
  return { key: `${prefix}_${randomBytes(32).toString('base64url')}`, prefix };
}

export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest();
