import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

import type { FetchSecret } from '../../kernel/assembly/dynamic-references.ts';
import { clientConfig, type AwsHost } from '../aws.ts';

/** Returns a function that fetches a secret from the AWS endpoint, and rejects with the secret's id when there is none. */
export function createSecretFetcher(host: AwsHost): FetchSecret {
  const client = new SecretsManagerClient(clientConfig(host));
  return async (SecretId) => {
    try {
      const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }));
      return SecretString;
    } catch (error) {
      throw new Error(`The secret ${SecretId} cannot be read: ${(error as Error).message}`, { cause: error });
    }
  };
}
