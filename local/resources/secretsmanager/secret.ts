import {
  CreateSecretCommand,
  GetRandomPasswordCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { Type, type Static } from 'typebox';

import { defineResource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import { physicalName } from '../physical-name.ts';
import { findSecret } from './current-secret.ts';

const boolean = Type.Optional(Type.Boolean());
const text = Type.Optional(Type.String());
const generateSecretString = Type.Object(
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
  closed,
);
const properties = Type.Object({
  Name: text,
  Description: text,
  SecretString: text,
  GenerateSecretString: Type.Optional(generateSecretString),
  ...ignored('The endpoint does not encrypt.', 'KmsKeyId'),
  ...ignored('The laptop is one region.', 'ReplicaRegions'),
  ...ignored('They describe the secret.', 'Tags'),
});

/** A generated value stays the same from start to start. */
export const secret = (client: SecretsManagerClient) =>
  defineResource('AWS::SecretsManager::Secret', {
    properties,
    replaceOn: ['Name'],
    update: 'up',
    async up(resource) {
      const { Name, Description, SecretString: stated, GenerateSecretString } = resource.properties;
      const name = physicalName(resource, Name, 512);
      const existing = await findSecret(client, name);
      if (existing === undefined) {
        const SecretString = stated ?? (await generate(client, GenerateSecretString ?? {}));
        const { ARN = '' } = await client.send(new CreateSecretCommand({ Name: name, Description, SecretString }));
        return identity(ARN);
      }
      if (stated !== undefined && stated !== existing.value) {
        await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: stated }));
      }
      return identity(existing.arn);
    },
  });

const identity = (arn: string) => ({ ref: arn, attributes: { Id: arn } });

/** The rules that do not concern the template are the parameters of GetRandomPassword. */
async function generate(
  client: SecretsManagerClient,
  { SecretStringTemplate = '{}', GenerateStringKey, ...rules }: Static<typeof generateSecretString>,
): Promise<string> {
  const { RandomPassword = '' } = await client.send(new GetRandomPasswordCommand(rules));
  if (GenerateStringKey === undefined) return RandomPassword;
  const template = JSON.parse(SecretStringTemplate) as Record<string, unknown>;
  return JSON.stringify({ ...template, [GenerateStringKey]: RandomPassword });
}
