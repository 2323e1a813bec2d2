import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { guardBrowsers } from './browser-guard.ts';
import { openFauxqs } from './fauxqs.ts';
import { openInbox } from './inbox.ts';
import { refuse, respondSecrets, respondSes } from './protocols.ts';
import { createS3 } from './s3.ts';
import { openSecretStore } from './secret-store.ts';
import { createSecretsManager } from './secrets-manager.ts';
import { serviceOf } from './service-of.ts';
import { createSes } from './ses.ts';
import { createConfigurationSets } from './ses-configuration-sets.ts';

export interface EndpointOptions {
  readonly port: number;
  /** The port of the edge, whose pages may upload with a form. */
  readonly edgePort: number;
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
 * The AWS API for a laptop on one port of 127.0.0.1, for SDKs and the AWS CLI. SQS, SNS, S3 and STS are fauxqs's; what S3
 * needs beyond it, SES and Secrets Manager are in this folder. Sent mails are listed at `GET /_aws/ses`, as in LocalStack.
 */
export async function startEndpoint({
  port,
  edgePort,
  dataDir,
  region,
  accountId,
}: EndpointOptions): Promise<Endpoint> {
  const url = `http://127.0.0.1:${port}`;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const fauxqs = await openFauxqs({ dataDir: join(dataDir, 'fauxqs'), region, url });
  const { app } = fauxqs;
  const inbox = await openInbox(join(dataDir, 'ses', 'inbox.jsonl'));
  const configurationSets = createConfigurationSets({
    file: join(dataDir, 'ses', 'configuration-sets.json'),
    publish: (topicArn, message) => fauxqs.send(topicArn, message, 'Amazon SES Email Event Notification'),
  });
  const ses = createSes({ identitiesFile: join(dataDir, 'ses', 'identities.json'), inbox, configurationSets, region });
  const secrets = createSecretsManager(openSecretStore(join(dataDir, 'secrets'), { region, accountId }));
  const s3 = createS3({ fauxqs, dataDir, region, accountId });

  guardBrowsers(app, { url, edgePort, corsRules: s3.corsRules });
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

  // Runs for every request, after its body has been read. What it does not respond to goes on to fauxqs.
  app.addHook('preHandler', async (request, reply) => {
    if (request.url.startsWith('/_aws/') || request.url === '/health') return undefined;
    const service = serviceOf(request);
    switch (service) {
      case 'ses':
        if (request.url.startsWith('/v2/')) return refuse("SES's API v2", request, reply);
        return respondSes(ses, request, reply);
      case 'secretsmanager':
        return respondSecrets(secrets, request, reply);
      case 's3':
        return s3.before(request, reply);
      case 'sqs':
        if (!request.headers['x-amz-target']) return refuse("SQS's old query protocol", request, reply);
        if (request.headers['x-amz-target'] !== 'AmazonSQS.ReceiveMessage') return undefined;
        return (await fauxqs.waitForMessage(request.body, reply.raw)) ? undefined : reply.hijack();
      case 'sns':
      case 'sts':
        return undefined;
      default:
        return refuse(service, request, reply);
    }
  });
  // Not async: fauxqs's handlers are, and do not return their reply, so Fastify would send it twice.
  app.addHook('onSend', (request, reply, _payload, done) => {
    s3.after(request, reply);
    done();
  });
  try {
    await app.listen({ host: '127.0.0.1', port });
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `Port ${port} of 127.0.0.1 is taken, so the AWS endpoint cannot listen there. Choose another with --endpoint-port.`,
      { cause: error },
    );
  }
  return { url, stop: async () => app.close() };
}
