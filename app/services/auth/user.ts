import type { User } from '../../kit/session-store.ts';
import type { MailedToken, PresentedToken } from './mailed-token.ts';

export interface UserWithPassword extends User {
  readonly passwordHash: string;
}

export interface UserStore {
  /**
   * Adds a user, whose address is mailed the token. Returns `taken` if somebody has the address, `reserved` if a registration
   * with it began within the last `reservedSeconds`, and may have failed.
   */
  add(email: string, passwordHash: string, token: MailedToken): Promise<User | 'taken' | 'reserved'>;
  find(email: string): Promise<UserWithPassword | undefined>;
  /**
   * Whether the user still has this password hash. Waits for a change of the password that is under way: a sign-in that
   * asks after it created its session is either seen by the change or sees it.
   */
  hasPassword(id: string, passwordHash: string): Promise<boolean>;
  /** Mails the token to a user whose address is not verified yet. */
  requestVerification(id: string, token: MailedToken): Promise<void>;
  /** Uses up the token, and returns whether it was valid. */
  verify(token: PresentedToken): Promise<boolean>;
  /**
   * Mails the token to a user who forgot the password: to reset it, or to verify an address that is not verified. Does
   * nothing that can be noticed if nobody has the address; it takes as long.
   */
  requestReset(email: string, token: MailedToken): Promise<void>;
  /** Whether a token to reset a password is valid. */
  isReset(token: PresentedToken): Promise<boolean>;
  /** Sets a password and runs `endSessions` before that is committed. Uses up the token, and returns whether it was valid. */
  reset(token: PresentedToken, passwordHash: string, endSessions: (userId: string) => Promise<void>): Promise<boolean>;
  /** As `reset`, for a user who knows the password. Returns whether `oldHash` was still the hash of it. */
  changePassword(
    user: { id: string; oldHash: string; newHash: string },
    endSessions: (userId: string) => Promise<void>,
  ): Promise<boolean>;
}
