import { join } from 'node:path';
import { Type } from 'typebox';
import type { Driver, Identity, Resource, Runtime } from '../../kernel/driver.ts';
import { keepRunning } from '../../host/keep-running.ts';
import { startRedis } from './redis.ts';
import { readableName } from '../readable-name.ts';
import { accept } from '../../kernel/accept.ts';
import { notRun, physicalName } from '../aws.ts';

declare module '../../kernel/driver.ts' {
  interface PartTypes {
    'cache-parameters': Readonly<Record<string, string>>;
  }
}

/** ElastiCache: one real Redis or Valkey per replication group, its data under `.headroom/redis`. */
export const elasticache: Driver = {
  types: ['AWS::ElastiCache::ReplicationGroup', 'AWS::ElastiCache::ParameterGroup'],
  up: async (resource, runtime) =>
    resource.type === 'AWS::ElastiCache::ReplicationGroup'
      ? upReplicationGroup(resource, runtime)
      : upParameters(resource, runtime),
};

const text = Type.Optional(Type.String());
const unused = Type.Optional(Type.Unknown());
const groupProperties = Type.Object(
  {
    ReplicationGroupId: text,
    AuthToken: Type.String({ minLength: 16, description: 'the group is reached over TLS with a token' }),
    CacheParameterGroupName: text,
    Engine: Type.Optional(Type.Union([Type.Literal('valkey'), Type.Literal('redis')])),
    NumNodeGroups: Type.Optional(Type.Literal(1)),
    Port: Type.Number({ default: 6379 }),
    TransitEncryptionEnabled: Type.Literal(true),
    // Nodes, zones, backups, maintenance: one server on a laptop stands for the group.
    ...notRun(
      `AtRestEncryptionEnabled AutoMinorVersionUpgrade AutomaticFailoverEnabled CacheNodeType CacheSubnetGroupName
      EngineVersion KmsKeyId LogDeliveryConfigurations MultiAZEnabled NetworkType NotificationTopicArn NumCacheClusters
      PreferredCacheClusterAZs PreferredMaintenanceWindow ReplicasPerNodeGroup ReplicationGroupDescription
      SecurityGroupIds SnapshotRetentionLimit SnapshotWindow Tags TransitEncryptionMode`,
    ),
  },
  { additionalProperties: false },
);

async function upReplicationGroup(resource: Resource, runtime: Runtime): Promise<Identity> {
  const properties = accept(resource, groupProperties, resource.properties);
  const name = physicalName(resource, properties.ReplicationGroupId, 40).toLowerCase();
  const label = properties.ReplicationGroupId ?? readableName(resource.logicalId);
  runtime.report.starting(label);
  const port = await runtime.ports.reserve(`redis/${name}`, properties.Port);
  const options = {
    dir: join(runtime.stateDir, 'redis', name),
    port,
    password: properties.AuthToken,
    tls: runtime.tls,
    log: runtime.log(label),
    settings: runtime.parts.find('cache-parameters', properties.CacheParameterGroupName ?? ''),
  };
  const server = await keepRunning(label, async () => startRedis(options), runtime);
  runtime.status.add('redis', async () => ({
    url: `rediss://:${encodeURIComponent(options.password)}@localhost:${port}`,
  }));
  runtime.report.ready(label, `port ${port}`);
  const endpoint = { Address: 'localhost', Port: String(port) };
  return {
    ref: name,
    attributes: {
      'PrimaryEndPoint.Address': endpoint.Address,
      'PrimaryEndPoint.Port': endpoint.Port,
      'ReaderEndPoint.Address': endpoint.Address,
      'ReaderEndPoint.Port': endpoint.Port,
    },
    label,
    stop: async () => server.stop(),
  };
}

const parameterProperties = Type.Object(
  {
    CacheParameterGroupFamily: Type.String(),
    Description: unused,
    Properties: Type.Record(Type.String(), Type.String(), { default: {} }),
    Tags: unused,
  },
  { additionalProperties: false },
);

async function upParameters(resource: Resource, runtime: Runtime): Promise<Identity> {
  const { Properties } = accept(resource, parameterProperties, resource.properties);
  const name = physicalName(resource, undefined, 255).toLowerCase();
  runtime.parts.set('cache-parameters', name, Properties);
  return { ref: name, attributes: { CacheParameterGroupName: name } };
}
