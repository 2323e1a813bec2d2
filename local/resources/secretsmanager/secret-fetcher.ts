import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

import type { Runtime } from '../../kernel/driver.ts';
import type { FetchSecret } from '../../kernel/assembly/dynamic-references.ts';

/** Fetches secrets from the AWS endpoint; rejects with the secret's id when there is none. */
export function createSecretFetcher({
  endpointUrl,
  region,
  credentials,
}: Pick<Runtime, 'endpointUrl' | 'region' | 'credentials'>): FetchSecret {
  const client = new SecretsManagerClient({ endpoint: endpointUrl, region, credentials });
  return async (SecretId) => {
    try {
      const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }));
      return SecretString;
    } catch (error) {
      throw new Error(`secret ${SecretId} cannot be read: ${(error as Error).message}`, { cause: error });
    }
  };
}
