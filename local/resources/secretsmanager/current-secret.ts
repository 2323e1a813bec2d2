import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

import { unless } from '../aws.ts';

export interface CurrentSecret {
  readonly arn: string;
  readonly value: string;
}

/** Returns undefined when there is no secret of this name or ARN. */
export async function findSecret(client: SecretsManagerClient, SecretId: string): Promise<CurrentSecret | undefined> {
  const found = await unless(['ResourceNotFoundException'], async () =>
    client.send(new GetSecretValueCommand({ SecretId })),
  );
  return found && { arn: found.ARN ?? '', value: found.SecretString ?? '' };
}
