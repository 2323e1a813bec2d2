import { createHash } from 'node:crypto';

/** Who may sign in to a server. */
export interface Access {
  readonly users: readonly { readonly name: string; readonly rules: readonly string[] }[];
  /** The login that may do everything: for the runtime and the person in front of it. */
  readonly operator: { readonly user: string; readonly password: string };
}

/** A user of ElastiCache. */
export interface RedisUser {
  readonly name: string;
  /** Rules of `ACL SETUSER` without passwords, separated by white space. */
  readonly accessString: string;
  readonly passwords: readonly string[];
}

const everything = 'on ~* &* +@all';

/** Returns the access to a group with an auth token: as the user `default`, who may do everything. */
export function tokenAccess(token: string): Access {
  const operator = { name: 'default', accessString: everything, passwords: [token] };
  return { users: [withRules(operator)], operator: { user: operator.name, password: token } };
}

/**
 * Returns the access to a group with users. On AWS nobody else may sign in; here an operator is added.
 *
 * @param password of the operator
 */
export function userAccess(users: readonly RedisUser[], password: string): Access {
  const operator = { name: 'local-operator', accessString: everything, passwords: [password] };
  const defaults = users.some(({ name }) => name === 'default')
    ? []
    : [{ name: 'default', accessString: 'off -@all', passwords: [] }];
  return {
    users: [...defaults, ...users, operator].map(withRules),
    operator: { user: operator.name, password },
  };
}

/** The hash keeps passwords out of the ACL file, and characters that it would have to quote. */
function withRules({ name, accessString, passwords }: RedisUser): Access['users'][number] {
  const hashes = passwords.map((password) => `#${createHash('sha256').update(password).digest('hex')}`);
  return { name, rules: ['reset', ...hashes, ...accessString.trim().split(/\s+/)] };
}
