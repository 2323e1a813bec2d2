import { Duration } from 'aws-cdk-lib/core';
import { Connections, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConnectable, IVpc } from 'aws-cdk-lib/aws-ec2';
import { ClientPasswordAuthType, DatabaseInstance, DatabaseProxy, ProxyTarget } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';

import type { Postgres } from './postgres.ts';

export interface PostgresProxyProps {
  readonly vpc: IVpc;
  readonly postgres: Postgres;
  /** Name of the proxy, unique in the account and region. */
  readonly proxyName: string;
  /** Connections to the primary that the proxy may open, in percent of those that it accepts. */
  readonly connectionsPercent: number;
}

/**
 * RDS Proxy in front of the primary: tasks connect to it, and their transactions share fewer connections to the database. It
 * logs in to the database with the secret of each role, so the roles must exist before it does. RDS has no proxy for replicas.
 *
 * A session that uses SET, PREPARE, LISTEN, temporary tables or advisory locks keeps a connection of its own until it ends.
 * Services use none of these: their settings are those of their role. Migrations do, and connect to the primary itself.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html#rds-proxy.limitations
 */
export class PostgresProxy extends Construct implements IConnectable {
  readonly connections: Connections;
  /** `host:port`, for services. */
  readonly address: string;

  constructor(scope: Construct, id: string, props: PostgresProxyProps) {
    super(scope, id);
    const { vpc, postgres } = props;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'PostgreSQL proxy',
      allowAllOutbound: false,
    });
    this.connections = new Connections({ securityGroups: [securityGroup], defaultPort: Port.tcp(5432) });
    this.connections.allowToDefaultPort(postgres, 'PostgreSQL');
    const { primary } = postgres;
    // Without security groups: the target would open the path in the stack of the database, which would then depend on this.
    const target = DatabaseInstance.fromDatabaseInstanceAttributes(this, 'Target', {
      instanceIdentifier: primary.instanceIdentifier,
      instanceEndpointAddress: primary.dbInstanceEndpointAddress,
      port: 5432,
      securityGroups: [],
      engine: primary.engine,
    });
    const proxy = new DatabaseProxy(this, 'Proxy', {
      dbProxyName: props.proxyName,
      proxyTarget: ProxyTarget.fromInstance(target),
      secrets: [...postgres.roleSecrets.values()],
      clientPasswordAuthType: ClientPasswordAuthType.POSTGRES_SCRAM_SHA_256,
      requireTLS: true,
      vpc,
      vpcSubnets: { subnetGroupName: 'data' },
      securityGroups: [securityGroup],
      maxConnectionsPercent: props.connectionsPercent,
      // As long as a task waits for a connection of its own pool.
      borrowTimeout: Duration.seconds(3),
    });
    // The port of the proxy is that of the engine, as is the primary's; a laptop's primary may have another.
    this.address = `${proxy.endpoint}:${primary.dbInstanceEndpointPort}`;
  }
}
