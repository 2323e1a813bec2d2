import { CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

import { randomSecret } from './random-secret.ts';

/** A service that uses Redis: either its cache, or the limits, and sessions and the pace of mails if it has them. */
export interface RedisUser {
  /** Name of the service and of its user. */
  readonly name: string;
  /** @default - no sessions */
  readonly sessions?: 'read' | 'write';
  /** Whether it paces mails. @default - it does not */
  readonly mail?: true;
  /** Whether it uses its cache, and nothing else. @default false */
  readonly cache?: true;
}

export interface RedisUsersProps {
  /** Prefix of the ids, which are unique in the account and region. */
  readonly name: string;
  readonly users: readonly RedisUser[];
  /** Keep the passwords when they are no longer in the template. @default true */
  readonly protect?: boolean;
}

const counting = '(~limit:* +eval +evalsha +time +lindex +llen +lpush +rpop +pexpire)';
const pacing = '(~pace:* +eval +evalsha +time +get +set)';

/**
 * What each kind of user may do, in the syntax of `ACL SETUSER`. A reader has no command that changes a value: it cannot make
 * a session or put another user into one; GETEX renews the expiry of a session in use. Nobody lists keys. PING and INFO show
 * the client that the server responds and has loaded its data. A reader keeps how far a session has written, and all count
 * requests and some pace mails, by scripts that may run only commands of its user: the selectors, in parentheses, confine those
 * commands to such keys. They need Redis 7 or Valkey (https://valkey.io/topics/acl/#selectors).
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html#Access-string
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/supported-engine-versions.html "ACL improvements" of 7.0
 */
const accessStrings = {
  none: `on -@all +ping +info ${counting}`,
  read: `on ~session:* -@all +get +getex +ping +info (~session:written:* +zscore +zadd +pexpire) ${counting}`,
  write: `on ~session:* -@all +@read +@write +@transaction -@dangerous -@scripting -scan -randomkey -dbsize +ping +info ${counting}`,
} as const;

function accessOf({ sessions, mail }: RedisUser): string {
  const access = accessStrings[sessions ?? 'none'];
  return mail ? `${access} ${pacing}` : access;
}

/**
 * Keys and the channel of one service. A script runs only the commands and reaches only the keys that its user may.
 * @see https://valkey.io/topics/acl/
 */
const cacheAccess = (name: string): string =>
  `on ~cache:${name}:* resetchannels &cache:${name} -@all +eval +get +set +del +exists +incr +publish +subscribe +ping +info`;

/**
 * The user group of a replication group: a user with a password of its own for each service. The user `default`, which a
 * connection has before it signs in, is off.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticache-usergroup.html
 */
export class RedisUsers extends Construct {
  readonly groupId: string;
  /** Passwords by user. */
  readonly passwords: ReadonlyMap<string, Secret>;
  readonly #prefix: string;

  constructor(scope: Construct, id: string, { name, users, protect = true }: RedisUsersProps) {
    super(scope, id);
    this.#prefix = name;
    const passwordOf = (user: string): Secret =>
      randomSecret(this, `Password-${user}`, { description: `Redis user ${user}`, protect });
    this.passwords = new Map(users.map((user) => [user.name, passwordOf(user.name)]));
    const members = [
      // A user of the engine valkey has a password even if it is off.
      this.#user('default', 'off ~keys* -@all', passwordOf('default')),
      ...users.map((user) =>
        this.#user(user.name, user.cache ? cacheAccess(user.name) : accessOf(user), this.passwords.get(user.name)!),
      ),
    ];
    this.groupId = new CfnUserGroup(this, 'Group', {
      userGroupId: `${name}-redis`,
      engine: 'valkey',
      userIds: members.map(({ ref }) => ref),
    }).ref;
  }

  #user(userName: string, accessString: string, password: Secret): CfnUser {
    return new CfnUser(this, `User-${userName}`, {
      userId: `${this.#prefix}-${userName}`,
      userName,
      engine: 'valkey',
      accessString,
      authenticationMode: { Type: 'password', Passwords: [password.secretValue.unsafeUnwrap()] },
    });
  }
}
