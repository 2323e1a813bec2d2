import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

import { clientConfig, type AwsHost } from '../aws.ts';
import { secretTargetAttachment, type Databases } from './secret-target-attachment.ts';
import { secret } from './secret.ts';

/** Secrets at the AWS endpoint. */
export function secretsManager(host: AwsHost, databases: Databases) {
  const client = new SecretsManagerClient(clientConfig(host));
  return { definitions: [secret(client), secretTargetAttachment(client, databases)] };
}
