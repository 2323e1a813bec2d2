import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Type } from 'typebox';

import type { Handles } from '../../kernel/handles.ts';
import { defineResource } from '../../kernel/resource.ts';
import type { Database } from '../rds/database.ts';
import { findSecret } from './current-secret.ts';

/** What an attachment needs of the databases, by instance identifier. */
export type Databases = Pick<Handles<Pick<Database, 'host' | 'port' | 'databaseName'>>, 'get'>;

/**
 * Adds the database's address to its secret, under the keys that RDS uses:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
export const secretTargetAttachment = (client: SecretsManagerClient, databases: Databases) =>
  defineResource('AWS::SecretsManager::SecretTargetAttachment', {
    properties: Type.Object({
      SecretId: Type.String(),
      TargetId: Type.String(),
      // A pattern, so that the error for another type names this one.
      TargetType: Type.String({ pattern: '^AWS::RDS::DBInstance$' }),
    }),
    update: 'up',
    async up({ properties: { SecretId, TargetId } }) {
      const secret = await findSecret(client, SecretId);
      if (secret === undefined) throw new Error(`The secret ${SecretId} does not exist.`);
      const { host, port, databaseName } = databases.get(TargetId);
      const SecretString = JSON.stringify({
        ...(JSON.parse(secret.value) as Record<string, unknown>),
        engine: 'postgres',
        host,
        port,
        dbname: databaseName,
        dbInstanceIdentifier: TargetId,
      });
      if (SecretString !== secret.value) await client.send(new PutSecretValueCommand({ SecretId, SecretString }));
      return { ref: secret.arn };
    },
  });
