import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asAwsError } from './aws-error.ts';
import { openBucketSettings } from './bucket-settings.ts';
import { parseCorsRules } from './cors-rules.ts';
import type { Fauxqs } from './fauxqs.ts';
import { checkPolicy, readFormUpload } from './form-upload.ts';
import { formatNotifications, parseNotifications } from './notification-configuration.ts';
import { createNotifier } from './notifier.ts';
import { objectEvents, type ObjectEvent } from './object-events.ts';
import { s3Error } from './xml.ts';

/**
 * What S3 has and fauxqs has not: bucket settings, notifications, and the policy of a presigned POST. `before` is called
 * with each S3 request and responds to some in place of fauxqs; `after` is called before a response is sent.
 */
export function createS3({ fauxqs, dataDir, region, accountId }: S3Options) {
  const settings = openBucketSettings(join(dataDir, 'buckets'), region);
  const notifier = createNotifier({ fauxqs, region, accountId });
  const pending = new WeakMap<FastifyRequest, readonly ObjectEvent[]>();

  return {
    /** The CORS rules of a bucket; none if it does not exist. */
    corsRules: (bucket: string) => parseCorsRules(settings.get(bucket, 'cors')),
    async before(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
      try {
        return await handle(request, reply);
      } catch (error) {
        const failure = asAwsError(error);
        return reply.status(failure.status).header('content-type', 'application/xml').send(s3Error(failure));
      }
    },
    after(request: FastifyRequest, reply: FastifyReply): void {
      if (reply.statusCode >= 400) return;
      const { bucket, key } = target(request);
      if (request.method === 'DELETE' && key === '' && !fauxqs.hasBucket(bucket)) settings.remove(bucket);
      const events = pending.get(request) ?? [];
      if (events.length === 0) return;
      const notifications = notificationsOf(bucket);
      for (const event of events) {
        const object = fauxqs.findObject(bucket, event.key);
        notifier.notify({ ...event, bucket, object }, notifications, request, reply);
      }
    },
  };

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { bucket, key } = target(request);
    if (!fauxqs.hasBucket(bucket)) return undefined;
    const { method } = request;
    const query = request.query as Record<string, unknown>;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.of();
    if (method === 'PUT' && key === '' && 'notification' in query) {
      putNotifications(bucket, request, body.toString());
      return reply.status(200).send();
    }
    const setting = settings.handle({ method, bucket, key, query, body });
    if (setting) return reply.status(setting.status).header('content-type', 'application/xml').send(setting.document);

    const contentType = request.headers['content-type'] ?? '';
    const isForm = method === 'POST' && key === '' && contentType.startsWith('multipart/form-data');
    const form = isForm ? await readFormUpload(contentType, body) : undefined;
    if (form) checkPolicy(form, bucket);
    // Which objects exist is known only before fauxqs removes them.
    const events = objectEvents(request, {
      formKey: form?.key,
      exists: (each) => fauxqs.findObject(bucket, each) !== undefined,
      versioned: () => settings.get(bucket, 'versioning')?.includes('<Status>Enabled</Status>') ?? false,
    });
    pending.set(request, events);
    return undefined;
  }

  function putNotifications(bucket: string, request: FastifyRequest, document: string): void {
    const notifications = parseNotifications(document, region);
    if (request.headers['x-amz-skip-destination-validation'] !== 'true') {
      notifier.verify(bucket, notifications, request.id);
    }
    settings.put(bucket, 'notification', formatNotifications(notifications));
  }

  function notificationsOf(bucket: string) {
    const document = settings.get(bucket, 'notification');
    return document === undefined ? [] : parseNotifications(document, region);
  }
}

interface S3Options {
  readonly fauxqs: Fauxqs;
  /** Keeps the settings of the buckets. */
  readonly dataDir: string;
  readonly region: string;
  readonly accountId: string;
}

function target(request: FastifyRequest): { bucket: string; key: string } {
  const { bucket = '', '*': key = '' } = request.params as { bucket?: string; '*'?: string };
  return { bucket, key };
}
