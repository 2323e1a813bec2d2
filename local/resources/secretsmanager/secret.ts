import { CreateSecretCommand, PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Type } from 'typebox';

import { defineResource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import { physicalName } from '../physical-name.ts';
import { findSecret } from './current-secret.ts';
import { randomPassword, type PasswordRules } from './random-password.ts';

const boolean = Type.Optional(Type.Boolean());
const text = Type.Optional(Type.String());
const properties = Type.Object({
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
      closed,
    ),
  ),
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
        const SecretString = stated ?? generate(GenerateSecretString ?? {});
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

function generate(rules: PasswordRules & { SecretStringTemplate?: string; GenerateStringKey?: string }): string {
  const password = randomPassword(rules);
  if (rules.GenerateStringKey === undefined) return password;
  const template = JSON.parse(rules.SecretStringTemplate ?? '{}') as Record<string, unknown>;
  return JSON.stringify({ ...template, [rules.GenerateStringKey]: password });
}
