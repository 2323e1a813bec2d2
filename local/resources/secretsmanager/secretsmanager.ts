import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { Type } from 'typebox';
import type { Driver, Identity, Resource, Runtime } from '../../kernel/driver.ts';
import { randomPassword } from './random-password.ts';
import { accept } from '../../kernel/accept.ts';
import { clientConfig, physicalName, unless } from '../aws.ts';

/** Secrets in Secrets Manager. A generated value stays as it is from start to start. */
export const secrets: Driver = {
  types: ['AWS::SecretsManager::Secret', 'AWS::SecretsManager::SecretTargetAttachment'],
  up: async (resource, runtime) =>
    resource.type === 'AWS::SecretsManager::Secret' ? upSecret(resource, runtime) : upAttachment(resource, runtime),
};

const boolean = Type.Optional(Type.Boolean());
const text = Type.Optional(Type.String());
const secretProperties = Type.Object(
  {
    Name: text,
    Description: text,
    SecretString: text,
    GenerateSecretString: Type.Optional(
      Type.Object(
        {
          SecretStringTemplate: text,
          GenerateStringKey: text,
          PasswordLength: Type.Optional(Type.Number()),
          ExcludeCharacters: text,
          ExcludeLowercase: boolean,
          ExcludeUppercase: boolean,
          ExcludeNumbers: boolean,
          ExcludePunctuation: boolean,
          IncludeSpace: boolean,
          RequireEachIncludedType: boolean,
        },
        { additionalProperties: false },
      ),
    ),
    KmsKeyId: Type.Optional(Type.Unknown()),
    Tags: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

async function upSecret(resource: Resource, runtime: Runtime): Promise<Identity> {
  const properties = accept(resource, secretProperties, resource.properties);
  const client = new SecretsManagerClient(clientConfig(runtime));
  const name = physicalName(resource, properties.Name, 512);
  const existing = await currentValue(client, name);
  if (existing !== undefined) {
    // What the template states outright may have changed; what it had generated must not.
    if (properties.SecretString !== undefined && properties.SecretString !== existing.value) {
      await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: properties.SecretString }));
    }
    return identity(existing.arn);
  }
  const SecretString = properties.SecretString ?? generate(properties.GenerateSecretString ?? {});
  const { Description } = properties;
  const { ARN = '' } = await client.send(new CreateSecretCommand({ Name: name, Description, SecretString }));
  return identity(ARN);
}

const identity = (arn: string): Identity => ({ ref: arn, attributes: { Id: arn } });

function generate(rules: {
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
  readonly PasswordLength?: number;
}): string {
  const password = randomPassword(rules);
  if (rules.GenerateStringKey === undefined) return password;
  const template = JSON.parse(rules.SecretStringTemplate ?? '{}') as Record<string, unknown>;
  return JSON.stringify({ ...template, [rules.GenerateStringKey]: password });
}

async function currentValue(client: SecretsManagerClient, SecretId: string) {
  const answer = await unless(['ResourceNotFoundException'], async () =>
    client.send(new GetSecretValueCommand({ SecretId })),
  );
  return answer && { arn: answer.ARN ?? '', value: answer.SecretString ?? '' };
}

const attachmentProperties = Type.Object(
  { SecretId: Type.String(), TargetId: Type.String(), TargetType: Type.Literal('AWS::RDS::DBInstance') },
  { additionalProperties: false },
);

/** Completes a database's secret with where the database is, under the keys that RDS writes. */
async function upAttachment(resource: Resource, runtime: Runtime): Promise<Identity> {
  const { SecretId, TargetId } = accept(resource, attachmentProperties, resource.properties);
  const client = new SecretsManagerClient(clientConfig(runtime));
  const secret = await currentValue(client, SecretId);
  if (secret === undefined) throw new Error(`there is no secret ${SecretId}`);
  const { host, port, databaseName } = runtime.parts.get('database', TargetId);
  const value = {
    ...(JSON.parse(secret.value) as Record<string, unknown>),
    engine: 'postgres',
    host,
    port,
    dbname: databaseName,
    dbInstanceIdentifier: TargetId,
  };
  const SecretString = JSON.stringify(value);
  if (SecretString !== secret.value) await client.send(new PutSecretValueCommand({ SecretId, SecretString }));
  return { ref: secret.arn };
}
