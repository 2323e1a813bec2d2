import { join } from 'node:path';

import { Type } from 'typebox';

import type { Host } from '../../host/host.ts';
import { keepRunning } from '../../host/keep-running.ts';
import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import type { StatusSections } from '../../status.ts';
import { physicalName } from '../physical-name.ts';
import { readableName } from '../readable-name.ts';
import { serverActions } from '../server-actions.ts';
import type { ParameterGroups } from './parameter-group.ts';
import { startRedis } from './redis.ts';

const text = Type.Optional(Type.String());
const properties = Type.Object({
  ReplicationGroupId: text,
  AuthToken: Type.String({ minLength: 16, description: 'the group is reached over TLS with a token' }),
  CacheParameterGroupName: text,
  Engine: Type.Optional(Type.Union([Type.Literal('valkey'), Type.Literal('redis')])),
  NumNodeGroups: Type.Optional(Type.Literal(1)),
  Port: Type.Number({ default: 6379 }),
  TransitEncryptionEnabled: Type.Literal(true),
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

/** A Redis or Valkey server. A change restarts the server on the same data. */
export const replicationGroup = (host: Host, parameterGroups: ParameterGroups) =>
  defineResource('AWS::ElastiCache::ReplicationGroup', {
    properties,
    label: ({ logicalId, properties: { ReplicationGroupId } }) => ReplicationGroupId ?? readableName(logicalId),
    async up(resource, context) {
      const { ReplicationGroupId, AuthToken, CacheParameterGroupName, Port } = resource.properties;
      const name = physicalName(resource, ReplicationGroupId, 40).toLowerCase();
      const label = ReplicationGroupId ?? readableName(resource.logicalId);
      const port = await host.ports.reserve(`redis/${name}`, Port);
      const options = {
        dir: join(host.stateDir, 'redis', name),
        port,
        password: AuthToken,
        tls: host.tls,
        log: host.log(label),
        settings: parameterGroups.find(CacheParameterGroupName),
      };
      const server = await keepRunning(() => startRedis(options), { name: label, children: host.children, context });
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
            url: `rediss://default:${encodeURIComponent(AuthToken)}@localhost:${port}`,
            caFile: host.tls.caFile,
          },
        }),
        actions: serverActions(server),
        stop: () => server.stop(),
      };
    },
  });
