import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import pg from 'pg';

import { setTimeout as sleep } from 'node:timers/promises';
import { postgresParameters } from '../../../../lib/constructs/postgres-parameters.ts';
import { eventually } from '../../../support/eventually.ts';
import { createDatabaseResources, type DatabaseResources } from '../databases.ts';

// Each starts whole servers.

let data: DatabaseResources;
beforeAll(async () => {
  data = await createDatabaseResources();
});
afterAll(() => data.dispose());

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
  const { databases } = await data.status();
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
  const { databases } = await data.status();
  expect(databases).toEqual([
    { name: 'primary', role: 'primary', url: expect.stringContaining('sslmode=verify-full'), lagMs: 0 },
    { name: 'replica', role: 'replica', url: expect.any(String), lagMs: expect.any(Number) },
  ]);

  await data.stop();
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
    ssl: { ca: data.host.tls.ca },
  });
  await client.connect();
  expect((await client.query('select id from kept')).rows).toEqual([{ id: 1 }]);
  await client.end();
});

test('a server that is killed comes back', async () => {
  await data.act('Primary', 'kill');
  await eventually(async () =>
    onDatabase('primary', async (client) =>
      expect((await client.query('select id from kept')).rows).toEqual([{ id: 1 }]),
    ),
  );
  expect(data.notes.join('\n')).toMatch(/^primary ended and is started again/m);
});

test('a paused server accepts connections and does nothing, until it is resumed', async () => {
  const read = () => onDatabase('primary', (client) => client.query('select id from kept'));
  await data.act('Primary', 'pause');
  const answered = jest.fn();
  const reading = read().then(answered);
  await sleep(500);
  expect(answered).not.toHaveBeenCalled();
  await data.act('Primary', 'resume');
  await reading;
  expect(answered).toHaveBeenCalled();
});

test('a restart keeps the data and is no crash', async () => {
  const notes = data.notes.length;
  await data.act('Primary', 'restart');
  await onDatabase('primary', async (client) =>
    expect((await client.query('select id from kept')).rows).toEqual([{ id: 1 }]),
  );
  expect(data.notes.slice(notes)).toEqual([]);
});

test('a major version that is not shipped is refused, naming both', async () => {
  await expect(
    data.up('AWS::RDS::DBInstance', 'Older', { ...primaryProperties, EngineVersion: '16.4' }),
  ).rejects.toThrow(/EngineVersion is 16\.4, and .* contains PostgreSQL 17\.\d+/);
});

test('a proxy is the instance behind it, and refuses one that does not run', async () => {
  const primary = await data.up('AWS::RDS::DBInstance', 'Proxied', primaryProperties);
  const proxy = await data.up('AWS::RDS::DBProxy', 'Proxy', { DBProxyName: 'Shop', EngineFamily: 'POSTGRESQL' });
  const targets = (identifier: string | undefined) =>
    data.up('AWS::RDS::DBProxyTargetGroup', 'Targets', {
      DBInstanceIdentifiers: [identifier],
      DBProxyName: proxy.ref,
      TargetGroupName: 'default',
    });
  await targets(primary.ref);
  expect([proxy.ref, proxy.attributes?.['Endpoint']]).toEqual(['shop', primary.attributes?.['Endpoint.Address']]);
  await expect(targets('nowhere')).rejects.toThrow('nowhere');
});

test('the connections that a parameter group sets are those that the instance accepts', async () => {
  const parameters = await data.up('AWS::RDS::DBParameterGroup', 'Sized', {
    Family: 'postgres17',
    Parameters: postgresParameters(123),
  });
  const properties = { ...primaryProperties, DBParameterGroupName: parameters.ref };
  const primary = await data.up('AWS::RDS::DBInstance', 'SizedPrimary', properties);
  const client = new pg.Client({
    host: 'localhost',
    port: Number(primary.attributes?.['Endpoint.Port']),
    user: primaryProperties.MasterUsername,
    password,
    database: primaryProperties.DBName,
    ssl: { ca: data.host.tls.ca },
  });
  await client.connect();
  const { rows } = await client.query(
    "select name, setting from pg_settings where name in ('max_connections', 'max_worker_processes', 'hot_standby_feedback')",
  );
  await client.end();
  expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
    max_connections: '123',
    max_worker_processes: '32',
    hot_standby_feedback: 'off',
  });
});
