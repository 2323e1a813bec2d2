import { copyFileSync, cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';

import { Duration } from 'aws-cdk-lib';
import { SecurityGroup, Port } from 'aws-cdk-lib/aws-ec2';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Architecture, Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';

import { bundle, root, stage } from '../bundle.ts';
import { folderOf } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';
import type { Postgres } from './postgres.ts';

export interface MigrationsProps {
  readonly vpc: IVpc;
  readonly postgres: Postgres;
  readonly logGroup: ILogGroup;
  /** Rows that have a database. */
  readonly rows: readonly ServiceDefinition[];
  /** Also load the demo catalogue. */
  readonly demoCatalogue: boolean;
}

/** Real data, so that a demo looks like a shop. The package does not export its data files, hence the path. */
const films = join(root, 'node_modules/vega-datasets/data/movies.json');

/** How long a function may run on Lambda: the one that calls the migrations waits, and then has to report. */
const triggerTimeout = Duration.minutes(15);
/** Less than that, or the caller gives up first, tries again, and is cut off before it has told CloudFormation. */
const migrationTimeout = Duration.minutes(14);

/**
 * Brings database roles and tables up to date, once per deployment that changes them, before anything that executes after
 * it. When it fails, the deployment fails and the old services keep running.
 */
export class Migrations extends Construct {
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
          DATABASE_PRIMARY: postgres.primary,
          DATABASE_NAME: postgres.databaseName,
          DATABASE_ADMIN_SECRET_ARN: postgres.adminSecret.secretArn,
          DATABASE_ROLE_SECRETS: JSON.stringify(
            Object.fromEntries([...postgres.roleSecrets].map(([role, secret]) => [role, secret.secretArn])),
          ),
          DEMO_CATALOGUE: String(props.demoCatalogue),
        },
      });
    });
    handler.connections.allowToDefaultPort(postgres, 'PostgreSQL');
    handler.connections.allowToAnyIpv4(Port.HTTPS, 'Secrets Manager');
    for (const secret of [postgres.adminSecret, ...postgres.roleSecrets.values()]) secret.grantRead(handler);
    this.#trigger = new Trigger(this, 'Trigger', {
      handler,
      timeout: triggerTimeout,
      executeAfter: [securityGroup],
    });
  }

  /** These constructs are created or updated only after the migrations have succeeded. */
  runBefore(...constructs: Construct[]): void {
    this.#trigger.executeBefore(...constructs);
  }
}

/** Puts the bundled handler, the migrations of all rows and what the demo catalogue is made of in one directory. */
function gather({ rows, demoCatalogue }: MigrationsProps, directory: string): void {
  bundle('lambda/migrate/handler.ts', directory, 'index.js');
  if (demoCatalogue) copyFileSync(films, join(directory, 'films.json'));
  for (const row of rows) {
    const migrations = join(root, folderOf(row), 'migrations');
    if (existsSync(migrations)) cpSync(migrations, join(directory, 'migrations', row.name), { recursive: true });
  }
}
