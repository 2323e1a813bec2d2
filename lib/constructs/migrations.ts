import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { Duration } from 'aws-cdk-lib/core';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Connections, IConnectable, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Architecture, Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';

import { bundle, stage } from '../bundle.ts';
import { root } from '../root.ts';
import type { Postgres } from './postgres.ts';

export interface MigrationsProps {
  readonly vpc: IVpc;
  readonly postgres: Postgres;
  readonly logGroup: ILogGroup;
  /** The folder of `*.sql` files of each database role, from the root of the repository. */
  readonly folders: Readonly<Record<string, string>>;
  /** Data to load after the migrations. @default - none */
  readonly seed?: SeedData;
}

/** Input of the function's seeding step. */
export interface SeedData {
  /** Files copied beside the function's code: their paths by the name they get. */
  readonly files: Readonly<Record<string, string>>;
  /** Variables of the function that turn the step on. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Lambda's limit, for the function that invokes the migrations and reports to CloudFormation. */
const triggerTimeout = Duration.minutes(15);
/** Shorter, so that the invoking function still has time to report a timeout to CloudFormation. */
const migrationTimeout = Duration.minutes(14);

/**
 * Migrates database roles and tables, once per deployment that changes them, before the constructs that depend on it. When
 * it fails, the deployment fails and the old services keep running.
 *
 * The security group opens the path to the database only; the function also calls Secrets Manager.
 */
export class Migrations extends Construct implements IConnectable {
  readonly connections: Connections;
  readonly #trigger: Trigger;

  constructor(scope: Construct, id: string, props: MigrationsProps) {
    super(scope, id);
    const { vpc, postgres } = props;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Migrations',
      allowAllOutbound: false,
    });
    const handler = stage((directory) => {
      gather(props, directory);
      return new Function(this, 'Function', {
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
        code: Code.fromAsset(directory),
        handler: 'index.handler',
        memorySize: 512,
        timeout: migrationTimeout,
        vpc,
        vpcSubnets: { subnetGroupName: 'app' },
        securityGroups: [securityGroup],
        logGroup: props.logGroup,
        environment: {
          DATABASE_PRIMARY: postgres.primary.instanceEndpoint.socketAddress,
          DATABASE_NAME: postgres.databaseName,
          DATABASE_ADMIN_SECRET_ARN: postgres.adminSecret.secretArn,
          DATABASE_ROLE_SECRETS: JSON.stringify(
            Object.fromEntries([...postgres.roleSecrets].map(([role, secret]) => [role, secret.secretArn])),
          ),
          ...props.seed?.environment,
        },
      });
    });
    handler.connections.allowToDefaultPort(postgres, 'PostgreSQL');
    this.connections = handler.connections;
    for (const secret of [postgres.adminSecret, ...postgres.roleSecrets.values()]) secret.grantRead(handler);
    this.#trigger = new Trigger(this, 'Trigger', {
      handler,
      timeout: triggerTimeout,
      executeAfter: [securityGroup],
    });
  }

  /** Makes CloudFormation create or update these constructs only after the migrations have succeeded. */
  runBefore(...constructs: Construct[]): void {
    this.#trigger.executeBefore(...constructs);
  }
}

/**
 * Puts the bundled handler, the migrations of all roles and the seed data in one directory. A service's migration may be a
 * link to one in app/kit/migrations: the asset holds a copy, and a broken link fails here.
 */
function gather({ folders, seed }: MigrationsProps, directory: string): void {
  bundle('lambda/migrate/handler.ts', directory, 'index.js');
  for (const [name, path] of Object.entries(seed?.files ?? {})) copyFileSync(path, join(directory, name));
  for (const [role, folder] of Object.entries(folders)) {
    const [from, to] = [join(root, folder), join(directory, 'migrations', role)];
    mkdirSync(to, { recursive: true });
    for (const file of readdirSync(from)) copyFileSync(join(from, file), join(to, file));
  }
}
