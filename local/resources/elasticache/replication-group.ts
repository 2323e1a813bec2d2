import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { Type, type Static } from 'typebox';

import type { Host } from '../../host/host.ts';
import { keepRunning } from '../../host/keep-running.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { defineResource, type Resource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import type { StatusSections } from '../../status.ts';
import { physicalName } from '../physical-name.ts';
import { readableName } from '../readable-name.ts';
import { serverActions } from '../server-actions.ts';
import type { ParameterGroups } from './parameter-group.ts';
import { changeAccess } from './access-file.ts';
import { tokenAccess, userAccess, type Access } from './redis-access.ts';
import { startRedis } from './redis.ts';
import type { Users } from './users.ts';

const text = Type.Optional(Type.String());
const properties = Type.Object({
  ReplicationGroupId: text,
  AuthToken: Type.Optional(Type.String({ minLength: 16 })),
  CacheParameterGroupName: text,
  Engine: Type.Optional(Type.Union([Type.Literal('valkey'), Type.Literal('redis')])),
  NumNodeGroups: Type.Optional(Type.Literal(1)),
  Port: Type.Number({ default: 6379 }),
  TransitEncryptionEnabled: Type.Literal(true),
  UserGroupIds: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 1 })),
  ...ignored(
    'On a laptop, one server replaces all nodes of the group.',
    `AutomaticFailoverEnabled CacheNodeType CacheSubnetGroupName EngineVersion MultiAZEnabled NetworkType NumCacheClusters
    PreferredCacheClusterAZs ReplicasPerNodeGroup SecurityGroupIds TransitEncryptionMode`,
  ),
  ...ignored(
    'AWS manages backups, maintenance and monitoring outside the server.',
    `AtRestEncryptionEnabled AutoMinorVersionUpgrade KmsKeyId LogDeliveryConfigurations NotificationTopicArn
    PreferredMaintenanceWindow ReplicationGroupDescription SnapshotRetentionLimit SnapshotWindow Tags`,
  ),
});

type Properties = Static<typeof properties>;

/** A Redis or Valkey server. A change restarts the server on the same data; one of its users does not. */
export const replicationGroup = (host: Host, parameterGroups: ParameterGroups, users: Users) =>
  defineResource('AWS::ElastiCache::ReplicationGroup', {
    properties,
    label: ({ logicalId, properties: { ReplicationGroupId } }) => ReplicationGroupId ?? readableName(logicalId),
    async up(resource, context) {
      const { ReplicationGroupId, CacheParameterGroupName, Port } = resource.properties;
      const name = physicalName(resource, ReplicationGroupId, 40).toLowerCase();
      const label = ReplicationGroupId ?? readableName(resource.logicalId);
      const port = await host.ports.reserve(`redis/${name}`, Port);
      const options = {
        dir: join(host.stateDir, 'redis', name),
        port,
        tls: host.tls,
        log: host.log(label),
        settings: parameterGroups.find(CacheParameterGroupName),
      };
      const access = accessOf(resource, users);
      const server = await keepRunning(() => startRedis({ ...options, access: access() }), {
        name: label,
        children: host.children,
        context,
      });
      let changing = Promise.resolve();
      const unfollow = users.follow(() => {
        const change = () => changeAccess({ port, ca: host.tls.ca }, access());
        return (changing = changing.catch(() => undefined).then(change));
      });
      return {
        ref: name,
        attributes: {
          'PrimaryEndPoint.Address': 'localhost',
          'PrimaryEndPoint.Port': String(port),
          'ReaderEndPoint.Address': 'localhost',
          'ReaderEndPoint.Port': String(port),
        },
        detail: () => `port ${port}`,
        describe: (): Partial<StatusSections> => ({
          redis: {
            url: urlOf(access().operator, port),
            caFile: host.tls.caFile,
          },
        }),
        actions: serverActions(server),
        stop() {
          unfollow();
          return server.stop();
        },
      };
    },
  });

/**
 * Returns a function that returns who may sign in at the moment.
 *
 * @throws Refusal unless the group has either a token or users, as ElastiCache demands
 */
function accessOf(resource: Resource<Properties>, users: Users): () => Access {
  const { AuthToken: token, UserGroupIds: [group] = [] } = resource.properties;
  if (token !== undefined && group === undefined) return () => tokenAccess(token);
  if (token === undefined && group !== undefined) {
    const password = randomBytes(24).toString('hex');
    return () => userAccess(users.of(group), password);
  }
  throw new Refusal(
    `${resource.key} must have either AuthToken or UserGroupIds: without, everybody on the machine could sign in.`,
  );
}

const urlOf = ({ user, password }: Access['operator'], port: number) =>
  `rediss://${user}:${encodeURIComponent(password)}@localhost:${port}`;
