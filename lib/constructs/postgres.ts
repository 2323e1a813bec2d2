import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Connections, InstanceType, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConnectable, IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  DatabaseInstanceFromSnapshot,
  DatabaseInstanceReadReplica,
  ParameterGroup,
  PostgresEngineVersion,
  SnapshotCredentials,
  StorageType,
  SubnetGroup,
} from 'aws-cdk-lib/aws-rds';
import type { DatabaseInstanceNewProps } from 'aws-cdk-lib/aws-rds';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { postgresParameters } from './postgres-parameters.ts';

type DatabaseSettings = Omit<Environment['database'], 'poolSize' | 'proxy'>;

export interface PostgresProps extends DatabaseSettings {
  readonly vpc: IVpc;
  /** Database roles, one per service, each with a secret of its own. */
  readonly roles: readonly string[];
  /** Protect the primary from deletion, take a snapshot when it is deleted, and keep all passwords. @default true */
  readonly protect?: boolean;
}

/** RDS for PostgreSQL 17: a primary, read replicas, and a secret per database role. */
export class Postgres extends Construct implements IConnectable {
  readonly connections: Connections;
  readonly databaseName = 'headroom';
  readonly primary: DatabaseInstance | DatabaseInstanceFromSnapshot;
  readonly replicas: readonly DatabaseInstanceReadReplica[];
  readonly adminSecret: ISecret;
  /** The secret of each database role: JSON with `username` and `password`. */
  readonly roleSecrets: ReadonlyMap<string, ISecret>;

  constructor(scope: Construct, id: string, props: PostgresProps) {
    super(scope, id);
    const { vpc, protect = true, restoreFrom } = props;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'PostgreSQL',
      allowAllOutbound: false,
    });
    this.connections = new Connections({ securityGroups: [securityGroup], defaultPort: Port.tcp(5432) });
    const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 });
    const shared = {
      vpc,
      securityGroups: [securityGroup],
      subnetGroup: new SubnetGroup(this, 'Subnets', {
        vpc,
        vpcSubnets: { subnetGroupName: 'data' },
        description: 'Data subnets for PostgreSQL',
      }),
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine,
        // CloudFormation does not support changing it.
        description: 'What differs from the defaults',
        parameters: postgresParameters(props.maxConnections),
      }),
      storageType: StorageType.GP3,
      maxAllocatedStorage: props.maxStorageGiB,
      publiclyAccessible: false,
      enablePerformanceInsights: true,
      autoMinorVersionUpgrade: true,
      copyTagsToSnapshot: true,
      deletionProtection: protect,
      removalPolicy: protect ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    } satisfies DatabaseInstanceNewProps;

    const primary = {
      ...shared,
      engine,
      instanceType: new InstanceType(props.instanceType),
      allocatedStorage: props.storageGiB,
      multiAz: props.multiAz,
      backupRetention: Duration.days(props.backupDays),
    };
    const admin = 'headroom_admin';
    // Another snapshot is another construct, so another output that later stacks read. An unchanged template would not be
    // deployed again: tasks would keep the old address, and the restored tables would not be migrated.
    const generation = restoreFrom === undefined ? '' : `-${restoreFrom}`;
    // A restored instance has the database's name, the administrator and the encryption of its snapshot. CloudFormation sets
    // the new password once it is restored.
    this.primary =
      restoreFrom === undefined
        ? new DatabaseInstance(this, 'Primary', {
            ...primary,
            credentials: Credentials.fromGeneratedSecret(admin),
            databaseName: this.databaseName,
            storageEncrypted: true,
          })
        : new DatabaseInstanceFromSnapshot(this, `Primary${generation}`, {
            ...primary,
            snapshotIdentifier: restoreFrom,
            credentials: SnapshotCredentials.fromGeneratedSecret(admin),
          });
    this.adminSecret = this.primary.secret!;
    const keepSecrets = protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    (this.primary.node.findChild('Secret') as Secret).applyRemovalPolicy(keepSecrets);
    this.replicas = Array.from(
      { length: props.replicas },
      (_, index) =>
        new DatabaseInstanceReadReplica(this, `Replica${index + 1}${generation}`, {
          ...shared,
          removalPolicy: RemovalPolicy.DESTROY,
          deletionProtection: false,
          sourceDatabaseInstance: this.primary,
          instanceType: new InstanceType(props.instanceType),
        }),
    );
    this.roleSecrets = new Map(props.roles.map((role) => [role, this.#roleSecret(role, keepSecrets)]));
  }

  #roleSecret(role: string, removalPolicy: RemovalPolicy): Secret {
    return new Secret(this, `Role-${role}`, {
      description: `Database role ${role}`,
      removalPolicy,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: role }),
        generateStringKey: 'password',
        passwordLength: 32,
        excludePunctuation: true,
      },
    });
  }
}
