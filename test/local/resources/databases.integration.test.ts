import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Redis } from 'ioredis';
import pg from 'pg';
import { eventually } from '../../support/eventually.ts';
import { createDataRuntime, type DataRuntime } from './data.ts';

// Each makes whole servers.
jest.setTimeout(60_000);

let data: DataRuntime;
beforeAll(async () => {
  data = await createDataRuntime();
});
afterAll(async () => data.dispose());

const password = 'first-password';
const primaryProperties = {
  Engine: 'postgres',
  EngineVersion: '17',
  DBName: 'shop',
  MasterUsername: 'shop_admin',
  MasterUserPassword: password,
  AllocatedStorage: '20',
  DBParameterGroupName: '',
};

async function onDatabase<T>(role: 'primary' | 'replica', work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { databases } = await data.runtime.status.read();
  const client = new pg.Client({ connectionString: databases.find((database) => database.role === role)?.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test('an instance and its replica are PostgreSQL servers, found again at the next start', async () => {
  const parameters = await data.up('AWS::RDS::DBParameterGroup', 'Parameters', {
    Family: 'postgres17',
    Parameters: { 'rds.force_ssl': '1', log_min_duration_statement: '1234' },
  });
  const start = async (masterPassword: string) => {
    const properties = {
      ...primaryProperties,
      MasterUserPassword: masterPassword,
      DBParameterGroupName: parameters.ref,
    };
    const primary = await data.up('AWS::RDS::DBInstance', 'Primary', properties);
    const replica = await data.up('AWS::RDS::DBInstance', 'Replica', {
      SourceDBInstanceIdentifier: `arn:aws:rds:eu-central-1:000000000000:db:${primary.ref}`,
    });
    return { primary, replica };
  };
  const first = await start(password);
  expect(first.primary.attributes).toMatchObject({
    'Endpoint.Address': 'localhost',
    'Endpoint.Port': expect.any(String),
  });
  await onDatabase('primary', async (client) => {
    expect((await client.query('show log_min_duration_statement')).rows).toEqual([
      { log_min_duration_statement: '1234ms' },
    ]);
    await client.query('create table kept (id int)');
    await client.query('insert into kept values (1)');
  });
  await eventually(async () =>
    onDatabase('replica', async (client) =>
      expect((await client.query('select id from kept')).rows).toEqual([{ id: 1 }]),
    ),
  );
  const { databases } = await data.runtime.status.read();
  expect(databases).toEqual([
    { name: 'primary', role: 'primary', url: expect.stringContaining('sslmode=verify-full'), lagMs: 0 },
    { name: 'replica', role: 'replica', url: expect.any(String), lagMs: expect.any(Number) },
  ]);

  await data.restart();
  const again = await start('another-password');
  expect([again.primary.ref, again.primary.attributes, again.replica.attributes]).toEqual([
    first.primary.ref,
    first.primary.attributes,
    first.replica.attributes,
  ]);
  const port = Number(again.primary.attributes?.['Endpoint.Port']);
  const client = new pg.Client({
    host: 'localhost',
    port,
    user: 'shop_admin',
    password: 'another-password',
    database: 'shop',
    ssl: { ca: data.runtime.tls.ca },
  });
  await client.connect();
  expect((await client.query('select id from kept')).rows).toEqual([{ id: 1 }]);
  await client.end();
});

test("the database's secret is completed with where the database is, once", async () => {
  const secret = await data.up('AWS::SecretsManager::Secret', 'Login', {
    GenerateSecretString: { SecretStringTemplate: '{"username":"shop_admin"}', GenerateStringKey: 'password' },
  });
  const TargetId = `${data.stack}-primary`;
  const attach = async () =>
    data.up('AWS::SecretsManager::SecretTargetAttachment', 'Attachment', {
      SecretId: secret.ref,
      TargetId,
      TargetType: 'AWS::RDS::DBInstance',
    });
  expect((await attach()).ref).toBe(secret.ref);
  const secrets = new SecretsManagerClient(data.clientConfig);
  const read = async () => secrets.send(new GetSecretValueCommand({ SecretId: secret.ref }));
  const first = await read();
  expect(JSON.parse(first.SecretString ?? '')).toMatchObject({
    username: 'shop_admin',
    engine: 'postgres',
    host: 'localhost',
    port: expect.any(Number),
    dbname: 'shop',
    dbInstanceIdentifier: TargetId,
  });
  await attach();
  expect((await read()).VersionId).toBe(first.VersionId);
  secrets.destroy();
});

test('a server that is killed comes back', async () => {
  const pid = data.runtime.parts.get('database', `${data.stack}-primary`).server.current().pid;
  process.kill(pid, 'SIGKILL');
  await eventually(async () =>
    onDatabase('primary', async (client) =>
      expect((await client.query('select id from kept')).rows).toEqual([{ id: 1 }]),
    ),
  );
  expect(data.events.join('\n')).toMatch(/^primary ended and is started again/m);
});

test('a major version that is not shipped is refused, naming both', async () => {
  await expect(
    data.up('AWS::RDS::DBInstance', 'Older', { ...primaryProperties, EngineVersion: '16.4' }),
  ).rejects.toThrow(/EngineVersion is 16\.4, and .* contains PostgreSQL 17\.\d+/);
});

test('a replication group is a Redis over TLS with its token and its parameters', async () => {
  const parameters = await data.up('AWS::ElastiCache::ParameterGroup', 'CacheParameters', {
    CacheParameterGroupFamily: 'valkey8',
    Properties: { 'maxmemory-policy': 'allkeys-lru' },
  });
  const group = await data.up('AWS::ElastiCache::ReplicationGroup', 'Cache', {
    AuthToken: 'a-token-of-sixteen-or-more',
    TransitEncryptionEnabled: true,
    CacheParameterGroupName: parameters.ref,
  });
  expect(group.attributes).toMatchObject({ 'PrimaryEndPoint.Address': 'localhost' });
  const { redis } = await data.runtime.status.read();
  const client = new Redis(redis.url, { tls: { ca: data.runtime.tls.ca } });
  expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'allkeys-lru']);
  client.disconnect();
});

test('a replication group without TLS is refused', async () => {
  await expect(
    data.up('AWS::ElastiCache::ReplicationGroup', 'Open', { AuthToken: 'a-token-of-sixteen-or-more' }),
  ).rejects.toThrow('TransitEncryptionEnabled');
});
