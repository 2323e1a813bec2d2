import type { User } from '../../kit/session-store.ts';

export interface UserStore {
  /** Returns undefined if the e-mail address is taken. */
  add(email: string, passwordHash: string): Promise<User | undefined>;
  find(email: string): Promise<(User & { passwordHash: string }) | undefined>;
}
