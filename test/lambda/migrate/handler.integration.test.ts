import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { bundle } from '../../../lib/bundle.ts';
import { adminQuery, dropDatabase, rolePassword, testAdmin } from '../../support/database.ts';
import { startTestEndpoint, type TestEndpoint } from '../../support/endpoint.ts';
import { filmsFile } from '../../support/films.ts';

const role = `role_${randomUUID().slice(0, 8)}`;
const database = `test_${role}`;
let endpoint: TestEndpoint;
let asset: string;
let adminArn: string;
let roleArn: string;

beforeAll(async () => {
  endpoint = await startTestEndpoint();
  asset = mkdtempSync(join(tmpdir(), 'migrate-asset-'));
  bundle('lambda/migrate/handler.ts', asset, 'index.js');
  writeFileSync(join(asset, 'ca.pem'), process.env['TEST_CA'] ?? '');
  const { user, password } = testAdmin();
  adminArn = await secret('admin', { username: user, password });
  roleArn = await secret('role', { username: role, password: 'pass' });
});

afterAll(async () => {
  await endpoint.stop();
  rmSync(asset, { recursive: true });
  await dropDatabase(database);
  await adminQuery({ admin: { ...testAdmin(), database: 'postgres' } }, `DROP ROLE IF EXISTS ${role}`);
});

beforeEach(() => {
  rmSync(join(asset, 'migrations', role), { recursive: true, force: true });
  given('001_notes.sql', 'CREATE TABLE notes (text text);');
});

test('the bundle reads its secrets and migrates over verified TLS', async () => {
  await invoke();
  expect(await adminQuery({ admin: { ...testAdmin(), database } }, `SELECT * FROM ${role}.notes`)).toEqual([]);
});

test('the demo catalogue is loaded if it is enabled, and loading it again changes nothing', async () => {
  cpSync('app/services/catalog/migrations', join(asset, 'migrations/catalog'), { recursive: true });
  cpSync(filmsFile, join(asset, 'films.json'));
  const catalog = await secret('catalog', { username: 'catalog', password: rolePassword });
  const count = () => adminQuery({ admin: { ...testAdmin(), database } }, 'SELECT count(*)::int FROM catalog.products');
  const environment = { DATABASE_ROLE_SECRETS: JSON.stringify({ catalog }), DEMO_CATALOGUE: 'true' };
  await invoke(environment);
  const once = await count();
  expect(Number(once[0]?.['count'])).toBeGreaterThan(1_000);
  await invoke(environment);
  expect(await count()).toEqual(once);
});

test('a migration that fails makes the function fail with the name of the file', async () => {
  given('002_broken.sql', 'CREATE TABLE notes (text text);');
  await expect(invoke()).rejects.toThrow(`Migration ${role}/002_broken.sql failed`);
});

test('an applied migration that was edited makes the function fail', async () => {
  await invoke();
  given('001_notes.sql', 'CREATE TABLE notes (text text, stars int);');
  await expect(invoke()).rejects.toThrow(`${role}/001_notes.sql was applied and has since been edited`);
});

test('a server without a trusted certificate gets no password', async () => {
  await expect(invoke({ NODE_EXTRA_CA_CERTS: '' })).rejects.toThrow(/self-signed certificate|unable to verify/);
});

test('all missing and invalid variables are listed', async () => {
  const run = invoke({ DATABASE_PRIMARY: '', DATABASE_NAME: '', DEMO_CATALOGUE: 'perhaps' });
  await expect(run).rejects.toThrow(/DATABASE_PRIMARY[^]*DATABASE_NAME[^]*DEMO_CATALOGUE/);
});

/** Loads the bundle in its own process and calls its handler, as Lambda does. */
async function invoke(environment: Record<string, string> = {}): Promise<void> {
  const call = "import('./index.js').then(({ handler }) => handler({}))";
  await promisify(execFile)(process.execPath, ['-e', call], {
    cwd: asset,
    env: {
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: endpoint.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      NODE_EXTRA_CA_CERTS: join(asset, 'ca.pem'),
      DATABASE_PRIMARY: process.env['TEST_PG_PRIMARY'],
      DATABASE_NAME: database,
      DATABASE_ADMIN_SECRET_ARN: adminArn,
      DATABASE_ROLE_SECRETS: JSON.stringify({ [role]: roleArn }),
      DEMO_CATALOGUE: 'false',
      ...environment,
    },
  });
}

async function secret(name: string, value: unknown): Promise<string> {
  const client = new SecretsManagerClient(endpoint.clientConfig);
  const { ARN = '' } = await client.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) }));
  client.destroy();
  return ARN;
}

function given(file: string, sql: string): void {
  mkdirSync(join(asset, 'migrations', role), { recursive: true });
  writeFileSync(join(asset, 'migrations', role, file), `-- Up Migration\n${sql}`);
}
