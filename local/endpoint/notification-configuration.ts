import { randomUUID } from 'node:crypto';
import { parse, validate } from '@aws-sdk/util-arn-parser';
import { AwsError } from './aws-error.ts';
import { children, element, escapeXml, readXml, texts, type XmlElement } from './xml.ts';

/** Which events of a bucket's objects are sent to a queue or topic. */
export interface Notification {
  readonly id: string;
  /** ARN of the queue or topic. */
  readonly destination: string;
  /** Such as `s3:ObjectCreated:*`. */
  readonly events: readonly string[];
  /** What the object's key must begin and end with; empty for any. */
  readonly prefix: string;
  readonly suffix: string;
}

/** Of the event types that S3 has, those that can occur at this endpoint. */
const supported =
  /^s3:(ObjectCreated:(\*|Put|Post|Copy|CompleteMultipartUpload)|ObjectRemoved:(\*|Delete|DeleteMarkerCreated))$/;

/** Elements by service. The names differ in the XML only: `QueueConfiguration` holds `Queue`, the topic's ARN is in `Topic`. */
const destinations = [
  ['QueueConfiguration', 'Queue', 'sqs'],
  ['TopicConfiguration', 'Topic', 'sns'],
] as const;

/**
 * Reads the body of a PutBucketNotificationConfiguration request:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
 *
 * @param region of the bucket, which must be that of the destinations
 * @throws AwsError for what S3 refuses, and for what this endpoint cannot deliver
 */
export function parseNotifications(document: string, region: string): Notification[] {
  const root = readXml(document, 'NotificationConfiguration');
  for (const name of Object.keys(root)) refuseUndeliverable(name);
  const notifications = destinations.flatMap(([name, arnElement, service]) =>
    children(root, name).map((configuration) => {
      const [destination = ''] = texts(configuration, arnElement);
      checkDestination(destination, service, region);
      return readNotification(configuration, destination);
    }),
  );
  checkOverlaps(notifications);
  return notifications;
}

/** The document that GetBucketNotificationConfiguration returns. */
export function formatNotifications(notifications: readonly Notification[]): string {
  const configurations = notifications.map(({ id, destination, events, prefix, suffix }) => {
    const [name, arnElement] = destinations.find(([, , service]) => parse(destination).service === service)!;
    const rules = Object.entries({ prefix, suffix })
      .filter(([, value]) => value !== '')
      .map(([rule, value]) => element('FilterRule', element('Name', rule) + element('Value', escapeXml(value))));
    return element(
      name,
      element('Id', escapeXml(id)) +
        element(arnElement, escapeXml(destination)) +
        events.map((event) => element('Event', event)).join('') +
        (rules.length > 0 ? element('Filter', element('S3Key', rules.join(''))) : ''),
    );
  });
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
  return `<NotificationConfiguration xmlns="${namespace}">${configurations.join('')}</NotificationConfiguration>`;
}

function refuseUndeliverable(name: string): void {
  if (name === 'xmlns' || destinations.some(([configuration]) => configuration === name)) return;
  const what =
    {
      CloudFunctionConfiguration: 'Lambda functions (LambdaFunctionConfigurations)',
      EventBridgeConfiguration: 'EventBridge (EventBridgeConfiguration)',
    }[name] ?? name;
  throw new AwsError(
    'NotImplemented',
    `This endpoint does not deliver bucket notifications to ${what}. Use an SQS queue or an SNS topic.`,
    501,
  );
}

function checkDestination(arn: string, service: string, region: string): void {
  if (!validate(arn) || parse(arn).service !== service) {
    throw new AwsError('InvalidArgument', `The ARN could not be parsed: ${arn} is not one of ${service}.`);
  }
  if (parse(arn).region !== region) {
    throw new AwsError('InvalidArgument', `The region of ${arn} is not ${region}, the region of the bucket.`);
  }
  // "FIFO queues aren't supported": https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
  if (arn.endsWith('.fifo')) throw new AwsError('InvalidArgument', `${arn} is FIFO, which is not supported.`);
}

function readNotification(configuration: XmlElement, destination: string): Notification {
  const events = texts(configuration, 'Event');
  if (events.length === 0) throw new AwsError('MalformedXML', 'A configuration holds no Event.');
  const unsupported = events.find((event) => !supported.test(event));
  if (unsupported !== undefined) {
    throw new AwsError(
      'NotImplemented',
      `The event ${unsupported} does not occur at this endpoint, which sends s3:ObjectCreated and s3:ObjectRemoved events.`,
      501,
    );
  }
  const filter = { prefix: '', suffix: '' };
  const rules = children(configuration, 'Filter').flatMap((each) => children(each, 'S3Key'));
  for (const rule of rules.flatMap((each) => children(each, 'FilterRule'))) {
    const name = texts(rule, 'Name')[0]?.toLowerCase();
    if (name !== 'prefix' && name !== 'suffix') {
      throw new AwsError('InvalidArgument', `filter rule name must be either prefix or suffix, not ${name}`);
    }
    filter[name] = texts(rule, 'Value')[0] ?? '';
  }
  return { id: texts(configuration, 'Id')[0] ?? randomUUID(), destination, events, ...filter };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html */
function checkOverlaps(notifications: readonly Notification[]): void {
  for (const [index, one] of notifications.entries()) {
    for (const other of notifications.slice(index + 1)) {
      const overlaps =
        one.events.some((event) => other.events.some((each) => covers(event, each) || covers(each, event))) &&
        (one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)) &&
        (one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix));
      if (!overlaps) continue;
      const filtered = [one, other].some(({ prefix, suffix }) => prefix + suffix !== '');
      throw new AwsError(
        'InvalidArgument',
        filtered
          ? 'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.'
          : 'Configurations overlap. Configurations on the same bucket cannot share a common event type.',
      );
    }
  }
}

/** Whether an event type of a configuration, which may end in `*`, includes another. */
export function covers(type: string, event: string): boolean {
  return type === event || (type.endsWith('*') && event.startsWith(type.slice(0, -1)));
}
