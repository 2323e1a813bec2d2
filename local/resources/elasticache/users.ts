import { Type } from 'typebox';

import { Handles } from '../../kernel/handles.ts';
import { defineResource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import type { Host } from '../../host/host.ts';
import { arnOf } from '../arn.ts';
import type { RedisUser } from './redis-access.ts';

/** The users and user groups, and the servers that follow their changes. */
export interface Users {
  readonly users: Handles<RedisUser>;
  /** User ids by user group. */
  readonly groups: Handles<readonly string[]>;
  /** Returns the users of a group. */
  readonly of: (group: string) => readonly RedisUser[];
  /** Calls `update` when a user or group changes, until the returned function is called. */
  readonly follow: (update: () => Promise<void>) => () => void;
  /** Resolves once all servers have the change. */
  readonly changed: () => Promise<void>;
}

export function createUsers(): Users {
  const users = new Handles<RedisUser>('ElastiCache user');
  const groups = new Handles<readonly string[]>('ElastiCache user group');
  const followers = new Set<() => Promise<void>>();
  return {
    users,
    groups,
    // A user that is being replaced is missing for a moment.
    of: (group) => groups.get(group).flatMap((id) => users.find(id) ?? []),
    follow(update) {
      followers.add(update);
      return () => void followers.delete(update);
    },
    changed: async () => {
      await Promise.all([...followers].map((update) => update()));
    },
  };
}

const inAnyCase = (word: string) => word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);

/**
 * ElastiCache sets passwords itself, and refuses what would change them in an access string. Rules have no case.
 * Source: docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
 */
const accessString = Type.String({
  pattern: `^(?!.*(?:^|\\s)(?:(?:${inAnyCase('reset|resetpass|nopass')})(?:\\s|$)|[<>#!]))`,
  remedy: 'Passwords belong into AuthenticationMode or Passwords',
});

const id = Type.String({ pattern: '^[a-z][a-z0-9-]*$' });
const passwords = Type.Array(Type.String({ minLength: 16, maxLength: 128 }), { maxItems: 2 });

export const user = (host: Host, { users, changed }: Users) =>
  defineResource('AWS::ElastiCache::User', {
    properties: Type.Object({
      AccessString: Type.Optional(accessString),
      AuthenticationMode: Type.Optional(Type.Object({ Type: Type.Literal('password'), Passwords: passwords }, closed)),
      Passwords: Type.Optional(passwords),
      UserId: id,
      UserName: Type.String({ pattern: '^\\S+$' }),
      ...ignored('Users of both engines are the same to a server.', 'Engine'),
      ...ignored('They describe the user.', 'Tags'),
    }),
    replaceOn: ['UserId', 'UserName'],
    update: 'up',
    async up({ properties: { AccessString = 'off', AuthenticationMode, Passwords, UserId, UserName } }) {
      const given = AuthenticationMode?.Passwords ?? Passwords ?? [];
      users.set(UserId, { name: UserName, accessString: AccessString, passwords: given });
      await changed();
      return {
        ref: UserId,
        attributes: { Arn: arnOf(host, 'elasticache', `user:${UserId}`), Status: 'active' },
        stop: async () => users.delete(UserId),
      };
    },
  });

export const userGroup = (host: Host, { groups, changed }: Users) =>
  defineResource('AWS::ElastiCache::UserGroup', {
    properties: Type.Object({
      UserGroupId: id,
      UserIds: Type.Array(Type.String(), { minItems: 1 }),
      ...ignored('Users of both engines are the same to a server.', 'Engine'),
      ...ignored('They describe the group.', 'Tags'),
    }),
    replaceOn: ['UserGroupId'],
    update: 'up',
    async up({ properties: { UserGroupId, UserIds } }) {
      groups.set(UserGroupId, UserIds);
      await changed();
      return {
        ref: UserGroupId,
        attributes: { Arn: arnOf(host, 'elasticache', `usergroup:${UserGroupId}`), Status: 'active' },
        detail: () => `${UserIds.length} users`,
        stop: async () => groups.delete(UserGroupId),
      };
    },
  });
