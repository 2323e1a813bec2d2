import type { FastifyReply, FastifyRequest } from 'fastify';
import { AwsError } from './aws-error.ts';
import type { Fauxqs } from './fauxqs.ts';
import { covers, type Notification } from './notification-configuration.ts';
import type { ObjectEvent } from './object-events.ts';

interface Occurrence extends ObjectEvent {
  readonly bucket: string;
  /** Size in bytes; undefined when the object has been removed. */
  readonly object: { readonly size: number; readonly eTag: string } | undefined;
}

/** Sends bucket notifications to queues and topics. */
export function createNotifier(options: { fauxqs: Fauxqs; region: string; accountId: string }) {
  const { fauxqs, region, accountId } = options;

  return {
    /**
     * Sends the test message with which S3 verifies each destination when a configuration is set.
     * @throws AwsError when a destination does not exist
     */
    verify(bucket: string, notifications: readonly Notification[], requestId: string): void {
      const message = JSON.stringify({
        Service: 'Amazon S3',
        Event: 's3:TestEvent',
        Time: new Date().toISOString(),
        Bucket: bucket,
        RequestId: requestId,
        HostId: 'headroom',
      });
      for (const destination of new Set(notifications.map((each) => each.destination))) {
        if (send(destination, message)) continue;
        throw new AwsError(
          'InvalidArgument',
          `Unable to validate the following destination configurations: ${destination} does not exist.`,
        );
      }
    },
    /** An event whose destination has been deleted is lost, as on AWS. */
    notify(
      occurrence: Occurrence,
      notifications: readonly Notification[],
      request: FastifyRequest,
      reply: FastifyReply,
    ): void {
      const { name, key } = occurrence;
      for (const { id, destination, events, prefix, suffix } of notifications) {
        const isWanted = events.some((type) => covers(type, `s3:${name}`));
        if (!isWanted || !key.startsWith(prefix) || !key.endsWith(suffix)) continue;
        const record = createRecord(occurrence, id, request, reply);
        send(destination, JSON.stringify({ Records: [record] }));
      }
    },
  };

  function send(destination: string, message: string): boolean {
    try {
      fauxqs.send(destination, message, 'Amazon S3 Notification');
      return true;
    } catch {
      return false;
    }
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
  function createRecord(
    { name, key, bucket, object }: Occurrence,
    configurationId: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    return {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: region,
      eventTime: new Date().toISOString(),
      eventName: name,
      userIdentity: { principalId: accountId },
      requestParameters: { sourceIPAddress: request.ip },
      responseElements: {
        'x-amz-request-id': reply.getHeader('x-amz-request-id'),
        'x-amz-id-2': reply.getHeader('x-amz-id-2'),
      },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId,
        bucket: { name: bucket, ownerIdentity: { principalId: accountId }, arn: `arn:aws:s3:::${bucket}` },
        object: { key: encodeKey(key), ...object, sequencer: nextSequencer() },
      },
    };
  }
}

/** A key as in a form, but with its slashes: `a/red flower.jpg` becomes `a/red+flower.jpg`. */
function encodeKey(key: string): string {
  return new URLSearchParams({ key }).toString().slice('key='.length).replaceAll('%2F', '/');
}

let lastSequencer = 0n;

/** Hexadecimal, and greater than that of every earlier event, also of an earlier start. */
function nextSequencer(): string {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastSequencer = now > lastSequencer ? now : lastSequencer + 1n;
  return lastSequencer.toString(16).toUpperCase().padStart(18, '0');
}
