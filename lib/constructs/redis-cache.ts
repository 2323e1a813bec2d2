import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Connections, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConnectable, IVpc } from 'aws-cdk-lib/aws-ec2';
import { CfnReplicationGroup, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

import type { RedisProps } from '../config/environment-props.ts';

export interface RedisCacheProps extends Required<RedisProps> {
  readonly vpc: IVpc;
  /** Take a snapshot when it is deleted or replaced, and keep the token. @default true */
  readonly protect?: boolean;
}

/** ElastiCache for Valkey (Redis protocol), with TLS and an auth token. */
export class RedisCache extends Construct implements IConnectable {
  readonly connections: Connections;
  readonly replicationGroup: CfnReplicationGroup;
  /** `host:port` of the primary node. */
  readonly endpoint: string;
  readonly authToken: Secret;

  constructor(scope: Construct, id: string, props: RedisCacheProps) {
    super(scope, id);
    const { vpc, multiAz, protect = true } = props;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Redis',
      allowAllOutbound: false,
    });
    this.connections = new Connections({ securityGroups: [securityGroup], defaultPort: Port.tcp(6379) });
    this.authToken = new Secret(this, 'AuthToken', {
      description: 'Redis auth token',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const subnets = new CfnSubnetGroup(this, 'Subnets', {
      description: 'Data subnets for Redis',
      subnetIds: vpc.selectSubnets({ subnetGroupName: 'data' }).subnetIds,
    });
    this.replicationGroup = new CfnReplicationGroup(this, 'Group', {
      replicationGroupDescription: 'Sessions and caches',
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
      authToken: this.authToken.secretValue.unsafeUnwrap(),
      autoMinorVersionUpgrade: true,
      snapshotRetentionLimit: multiAz ? 1 : 0,
    });
    this.replicationGroup.applyRemovalPolicy(protect ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY);
    const { attrPrimaryEndPointAddress: host, attrPrimaryEndPointPort: port } = this.replicationGroup;
    this.endpoint = `${host}:${port}`;
  }
}
