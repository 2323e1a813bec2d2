import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { system } from '../../lib/system.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../support/database.ts';
import { recordQueries, type Query } from './queries/record.ts';
import { runs } from './queries/runs.ts';
import { rowsPerTable, seeds, small } from './queries/seeds.ts';
import { watchSites } from './queries/sites.ts';

/** What sends statements without Kysely, with what they do. */
const withoutTables = {
  'app/kit/database-pool.ts': 'passes on those of Kysely, and probes a server',
  'app/kit/own-writes.ts': 'passes on those of Kysely, and reads the position in the WAL',
  'app/kit/replayed.ts': 'reads the position in the WAL',
  'app/kit/replica-check.ts': 'reads the position in the WAL',
  'app/services/catalog/seed/seed.ts': 'inserts the demo catalogue',
};

type Service = keyof typeof runs;
const root = join(import.meta.dirname, '../..');
const services = Object.keys(runs) as Service[];

let served: TestDatabase<Service>;
let sites: Awaited<ReturnType<typeof watchSites>>;
/** The queries of each thing that each service does; each query is there once. */
const queries = new Map<Service, [name: string, queries: Query[]][]>();

beforeAll(async () => {
  served = await createDatabase(...services);
  for (const service of services) await adminQuery(served, `SET search_path = ${service}; ${seeds[service].join(';')}`);
  await adminQuery(served, 'VACUUM ANALYZE');
  sites = await watchSites();
  for (const service of services) {
    const { database, take, stop } = recordQueries(served.config[service]);
    const found: [string, Query[]][] = [];
    for (const [name, run] of Object.entries(runs[service](database))) {
      await run();
      found.push([name, take()]);
    }
    queries.set(service, found);
    await stop();
  }
});
afterAll(() => served.drop());

test('every service and worker with a database is examined', () => {
  const names = system.filter(({ database }) => database).map(({ name }) => name);
  expect(services.toSorted()).toEqual(names.toSorted());
});

test('every table that grows is large', async () => {
  const tables = await adminQuery(
    served,
    `SELECT nspname || '.' || relname AS name, relname AS table, reltuples AS rows
     FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relkind = 'r' AND nspname IN (${services.map((name) => `'${name}'`).join()})
       AND relname NOT IN ('pgmigrations', 'migration_hashes')`,
  );
  const few = tables.filter(({ table, rows }) => Number(rows) < rowsPerTable / 2 && !(String(table) in small));
  expect(few).toEqual([]);
});

test('every statement of the services and workers has been examined', async () => {
  expect(await sites.missed()).toEqual([]);
});

test('statements are made with Kysely, which is how they are found, unless they search no table', () => {
  const sources = globSync('app/**/*.ts', { cwd: root }).filter((file) =>
    /\.query(?:[(<]| as\b)/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(sources.toSorted()).toEqual(Object.keys(withoutTables));
});

test('no query scans a table that grows', () => {
  const scans = [...queries].flatMap(([service, found]) =>
    found.flatMap(([name, each]) =>
      each.flatMap(({ plan }) =>
        [...plan.matchAll(/Seq Scan on (\w+)/g)]
          .filter(([, table]) => !(String(table) in small))
          .map(([scan]) => `${service}, ${name}: ${scan}`),
      ),
    ),
  );
  expect(scans).toEqual([]);
});

test.each(services)('the queries of %s have these plans', (service) => {
  const text = (queries.get(service) ?? [])
    .filter(([, found]) => found.length > 0)
    .map(([name, found]) => `${name}\n\n${found.map((each) => `${each.text}\n${each.plan}`).join('\n\n')}`)
    .join('\n\n\n');
  expect(text).toMatchSnapshot();
});
