import { isDeepStrictEqual } from 'node:util';
import {
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  type Event,
  type FilterRule,
  type NotificationConfiguration,
  type S3Client,
} from '@aws-sdk/client-s3';

/** Which events are sent to a queue or topic. */
export interface Notification {
  readonly kind: 'Queue' | 'Topic';
  readonly arn: string;
  /** Such as `s3:ObjectCreated:*`. */
  readonly events: readonly string[];
  readonly rules: readonly { readonly Name: string; readonly Value: string }[];
}

export interface NotificationOptions {
  readonly bucket: string;
  /** Key of the resource that the notifications belong to; their ids begin with it. */
  readonly owner: string;
  /** Whether notifications of other owners are kept. */
  readonly keepOthers: boolean;
  readonly skipDestinationValidation?: boolean;
}

/** Sets the notifications of one owner. Changes nothing when they are set: a change sends a test event to each destination. */
export async function setNotifications(
  client: S3Client,
  { bucket: Bucket, owner, keepOthers, skipDestinationValidation }: NotificationOptions,
  notifications: readonly Notification[],
): Promise<void> {
  const existing = await client.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  const isKept = ({ Id = '' }) => keepOthers && !Id.startsWith(`${owner}/`);
  const own = (kind: Notification['kind']) =>
    notifications.flatMap((each, index) => (each.kind === kind ? [configurationOf(each, `${owner}/${index}`)] : []));
  const next: NotificationConfiguration = {
    QueueConfigurations: [
      ...(existing.QueueConfigurations ?? []).filter(isKept),
      ...own('Queue').map(({ Id, arn, Events, Filter }) => ({ Id, QueueArn: arn, Events, Filter })),
    ],
    TopicConfigurations: [
      ...(existing.TopicConfigurations ?? []).filter(isKept),
      ...own('Topic').map(({ Id, arn, Events, Filter }) => ({ Id, TopicArn: arn, Events, Filter })),
    ],
  };
  if (isDeepStrictEqual(comparable(existing), comparable(next))) return;
  await client.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: next,
      SkipDestinationValidation: skipDestinationValidation,
    }),
  );
}

function configurationOf({ arn, events, rules }: Notification, Id: string) {
  const Filter = rules.length > 0 ? { Key: { FilterRules: rules as FilterRule[] } } : undefined;
  return { Id, arn, Events: [...events] as Event[], Filter };
}

/** S3 does not keep the order of configurations, nor the case of rule names. */
function comparable({ QueueConfigurations = [], TopicConfigurations = [] }: NotificationConfiguration): string[] {
  return [
    ...QueueConfigurations.map(({ QueueArn: arn, ...rest }) => ({ arn, ...rest })),
    ...TopicConfigurations.map(({ TopicArn: arn, ...rest }) => ({ arn, ...rest })),
  ]
    .map(({ Id, arn, Events = [], Filter }) => {
      const rules = (Filter?.Key?.FilterRules ?? []).map(({ Name = '', Value }) => `${Name.toLowerCase()} ${Value}`);
      return JSON.stringify([Id, arn, Events.toSorted(), rules.toSorted()]);
    })
    .toSorted();
}
