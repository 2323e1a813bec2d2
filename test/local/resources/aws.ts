import { Handles } from '../../../local/kernel/handles.ts';
import { s3 } from '../../../local/resources/s3/s3.ts';
import { secretsManager } from '../../../local/resources/secretsmanager/secretsmanager.ts';
import { ses } from '../../../local/resources/ses/ses.ts';
import { sns } from '../../../local/resources/sns/sns.ts';
import { sqs } from '../../../local/resources/sqs/sqs.ts';
import { startTestEndpoint } from '../../support/endpoint.ts';
import { createResources } from '../../support/resources.ts';

/**
 * The families whose resources are at the AWS endpoint: the embedded one, or the one that AWS_ENDPOINT_URL names, such as
 * LocalStack.
 */
export async function createAwsResources() {
  const external = process.env['AWS_ENDPOINT_URL'];
  const embedded = external === undefined ? await startTestEndpoint() : undefined;
  const host = {
    endpointUrl: embedded?.url ?? String(external),
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const databases = new Handles<{ host: string; port: number; databaseName: string }>('database instance');
  const families = [sqs(host), sns(host), s3(host), ses(host), secretsManager(host, databases)];
  // Each run has its own stack, so that it does not find the resources of an earlier one.
  const resources = createResources(
    families.flatMap(({ definitions }) => definitions),
    `test-${process.hrtime.bigint()}`,
  );
  return {
    ...resources,
    databases,
    endpointUrl: host.endpointUrl,
    /** For the constructor of any SDK client. */
    clientConfig: {
      endpoint: host.endpointUrl,
      region: host.region,
      credentials: host.credentials,
      forcePathStyle: true,
    },
    async dispose() {
      await resources.stop();
      await embedded?.stop();
    },
  };
}

export type AwsResources = Awaited<ReturnType<typeof createAwsResources>>;
