import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBucketSettings } from './bucket-settings.ts';
import { openFauxqs } from './fauxqs.ts';
import { openInbox } from './inbox.ts';
import { waitForMessage } from './long-poll.ts';
import { answerBucketSetting, answerSecrets, answerSes, refuse } from './protocols.ts';
import { openSecretStore } from './secret-store.ts';
import { createSecretsManager } from './secrets-manager.ts';
import { serviceOf } from './service-of.ts';
import { createSes } from './ses.ts';

export interface EndpointOptions {
  readonly port: number;
  /** Keeps everything: queues with their messages, topics, buckets, secrets, mails. */
  readonly dataDir: string;
  readonly region: string;
  readonly accountId: string;
}

export interface Endpoint {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * The AWS API for a laptop on one port of 127.0.0.1, as SDKs and the AWS CLI speak it: SQS, SNS, S3 and STS by fauxqs;
 * SES and Secrets Manager by this directory. Sent mails are listed at `GET /_aws/ses`, as LocalStack does.
 */
export async function startEndpoint({ port, dataDir, region, accountId }: EndpointOptions): Promise<Endpoint> {
  const url = `http://127.0.0.1:${port}`;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { app, stores } = openFauxqs({ dataDir: join(dataDir, 'fauxqs'), region, url });
  const inbox = await openInbox(join(dataDir, 'ses', 'inbox.jsonl'));
  const ses = createSes({ identitiesFile: join(dataDir, 'ses', 'identities.json'), inbox, region });
  const secrets = createSecretsManager(openSecretStore(join(dataDir, 'secrets'), { region, accountId }));
  const buckets = openBucketSettings(join(dataDir, 'buckets'), region);

  app.route({
    method: 'GET',
    url: '/_aws/ses',
    handler: async (request) => {
      const { id, email } = request.query as { id?: string; email?: string };
      const mails = await inbox.list();
      return { messages: mails.filter((mail) => (!id || mail.Id === id) && (!email || mail.Source === email)) };
    },
  });
  app.route({
    method: 'DELETE',
    url: '/_aws/ses',
    handler: async (request, reply) => {
      await inbox.remove((request.query as { id?: string }).id);
      return reply.send();
    },
  });

  // Every request comes by here with its body read, and goes on to fauxqs unless it is answered.
  app.addHook('preHandler', async (request, reply) => {
    if (request.url.startsWith('/_aws/') || request.url === '/health') return undefined;
    const service = serviceOf(request);
    switch (service) {
      case 'ses':
        if (request.url.startsWith('/v2/')) return refuse("SES's API v2", request, reply);
        return answerSes(ses, request, reply);
      case 'secretsmanager':
        return answerSecrets(secrets, request, reply);
      case 's3':
        return answerBucketSetting(buckets, stores.s3Store, request, reply);
      case 'sqs':
        if (!request.headers['x-amz-target']) return refuse("SQS's old query protocol", request, reply);
        if (request.headers['x-amz-target'] !== 'AmazonSQS.ReceiveMessage') return undefined;
        return (await waitForMessage(stores.sqsStore, request.body, reply.raw)) ? undefined : reply.hijack();
      case 'sns':
      case 'sts':
        return undefined;
      default:
        return refuse(service, request, reply);
    }
  });
  try {
    await app.listen({ host: '127.0.0.1', port });
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `Port ${port} of 127.0.0.1 is taken, so the AWS endpoint cannot listen there. Choose another with --endpoint-port.`,
      {
        cause: error,
      },
    );
  }
  return { url, stop: async () => app.close() };
}
