import type { KeyStore } from './key-store.ts';
import type { UserStore } from './user.ts';

/** What the routes need. */
export interface RouteParts {
  readonly store: UserStore;
  readonly keys: KeyStore;
  /** The URL that links in mails begin with. Empty: the one under which the client reached the system. */
  readonly siteUrl: string;
  /** Called when an event may have been committed. */
  readonly onCommit: () => void;
}
