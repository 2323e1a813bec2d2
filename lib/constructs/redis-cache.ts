import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Connections, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConnectable, IVpc } from 'aws-cdk-lib/aws-ec2';
import { CfnParameterGroup, CfnReplicationGroup, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

import type { RedisProps } from '../config/environment-props.ts';
import { RedisUsers } from './redis-users.ts';
import type { RedisUsersProps } from './redis-users.ts';

export interface RedisCacheProps extends Required<RedisProps>, RedisUsersProps {
  readonly vpc: IVpc;
  /** Sessions are never evicted; a full cache evicts what was used least recently. @default 'sessions' */
  readonly purpose?: 'sessions' | 'cache';
  /** Take a snapshot of sessions when they are deleted or replaced, and keep the passwords. @default true */
  readonly protect?: boolean;
}

/** ElastiCache for Valkey (Redis protocol), with TLS and a user for each service. */
export class RedisCache extends Construct implements IConnectable {
  readonly connections: Connections;
  readonly replicationGroup: CfnReplicationGroup;
  /** `host:port` of the primary node. */
  readonly endpoint: string;
  /** Passwords by service. */
  readonly passwords: ReadonlyMap<string, Secret>;

  constructor(scope: Construct, id: string, props: RedisCacheProps) {
    super(scope, id);
    const { vpc, multiAz, purpose = 'sessions', protect = true } = props;
    const forSessions = purpose === 'sessions';
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: forSessions ? 'Redis' : 'Cache',
      allowAllOutbound: false,
    });
    this.connections = new Connections({ securityGroups: [securityGroup], defaultPort: Port.tcp(6379) });
    const users = new RedisUsers(this, 'Users', props);
    this.passwords = users.passwords;
    const parameters = new CfnParameterGroup(this, 'Parameters', {
      cacheParameterGroupFamily: 'valkey8',
      description: forSessions ? 'Redis for sessions' : 'Redis for caches',
      // The default, volatile-lru, evicts keys that expire, which sessions do:
      // https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
      properties: { 'maxmemory-policy': forSessions ? 'noeviction' : 'allkeys-lru' },
    });
    const subnets = new CfnSubnetGroup(this, 'Subnets', {
      description: 'Data subnets for Redis',
      subnetIds: vpc.selectSubnets({ subnetGroupName: 'data' }).subnetIds,
    });
    this.replicationGroup = new CfnReplicationGroup(this, 'Group', {
      replicationGroupDescription: forSessions ? 'Sessions' : 'Caches',
      engine: 'valkey',
      engineVersion: '8.0',
      cacheNodeType: `cache.${props.nodeType}`,
      numCacheClusters: multiAz ? 2 : 1,
      automaticFailoverEnabled: multiAz,
      multiAzEnabled: multiAz,
      cacheSubnetGroupName: subnets.ref,
      securityGroupIds: [securityGroup.securityGroupId],
      port: 6379,
      atRestEncryptionEnabled: true,
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      userGroupIds: [users.groupId],
      cacheParameterGroupName: parameters.ref,
      autoMinorVersionUpgrade: true,
      snapshotRetentionLimit: multiAz && forSessions ? 1 : 0,
    });
    this.replicationGroup.applyRemovalPolicy(protect && forSessions ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY);
    const { attrPrimaryEndPointAddress: host, attrPrimaryEndPointPort: port } = this.replicationGroup;
    this.endpoint = `${host}:${port}`;
  }
}
