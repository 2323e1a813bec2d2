import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { readConfig } from '../../app/kit/config.ts';
import { verifiedTls } from '../../app/kit/database-tls.ts';
import type { Movie } from '../../app/services/catalog/seed/products.ts';
import { seedCatalogue } from '../../app/services/catalog/seed/seed.ts';
import { migrate } from './migrate.ts';

const environment = {
  /** `host:port` */
  DATABASE_PRIMARY: Type.String({ pattern: '^[^:]+:\\d+$', expected: 'host:port' }),
  DATABASE_NAME: Type.String({ minLength: 1 }),
  DATABASE_ADMIN_SECRET_ARN: Type.String({ minLength: 1 }),
  /** JSON object: the ARN of each role's secret, by the role's name. */
  DATABASE_ROLE_SECRETS: Type.String({ minLength: 2 }),
  DEMO_CATALOGUE: Type.Boolean({ default: false }),
};
const Arns = Type.Record(Type.String(), Type.String());
const Credentials = Type.Object({ username: Type.String(), password: Type.String({ minLength: 1 }) });

/** Runs on deploy, before the services are updated. An error fails the deployment. */
export async function handler(): Promise<void> {
  const config = readConfig(environment);
  const secrets = new SecretsManagerClient({});
  const [host, port] = config.DATABASE_PRIMARY.split(':');
  const [admin, ...roles] = await Promise.all([
    readSecret(secrets, config.DATABASE_ADMIN_SECRET_ARN),
    ...Object.entries(Value.Parse(Arns, JSON.parse(config.DATABASE_ROLE_SECRETS))).map(async ([name, arn]) => ({
      name,
      password: (await readSecret(secrets, arn)).password,
    })),
  ]);
  await migrate({
    admin: { host, port: Number(port), user: admin.username, password: admin.password, ssl: verifiedTls() },
    database: config.DATABASE_NAME,
    roles,
    migrationsDir: (name) => join(import.meta.dirname, 'migrations', name),
    seed: config.DEMO_CATALOGUE ? async (client) => seedCatalogue(client, readFilms()) : undefined,
    log: (message) => void process.stdout.write(`${message}\n`),
  });
}

/** The data set is next to the bundle, only where the demo catalogue is enabled. */
const readFilms = (): Movie[] => JSON.parse(readFileSync(join(import.meta.dirname, 'films.json'), 'utf8')) as Movie[];

async function readSecret(client: SecretsManagerClient, arn: string): Promise<Static<typeof Credentials>> {
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
  try {
    return Value.Parse(Credentials, JSON.parse(SecretString));
  } catch {
    // Without the cause, which would write the secret to the log.
    throw new Error(`Secret ${arn} must be JSON with a username and a password`);
  }
}
