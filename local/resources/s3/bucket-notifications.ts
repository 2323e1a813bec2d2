import type { S3Client } from '@aws-sdk/client-s3';
import { Type, type Static } from 'typebox';

import { defineResource, type Resource, type Running } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import { setNotifications, type Notification } from './notifications.ts';

const rule = Type.Object({ Name: Type.String(), Value: Type.String() }, closed);
const common = {
  Id: Type.Optional(Type.String()),
  Events: Type.Array(Type.String()),
  Filter: Type.Optional(Type.Object({ Key: Type.Object({ FilterRules: Type.Array(rule) }, closed) }, closed)),
};
/** The configuration has the shape of S3's API. Functions and EventBridge are refused: nothing here delivers to them. */
const properties = Type.Object({
  BucketName: Type.String(),
  NotificationConfiguration: Type.Object(
    {
      QueueConfigurations: Type.Array(Type.Object({ QueueArn: Type.String(), ...common }, closed), { default: [] }),
      TopicConfigurations: Type.Array(Type.Object({ TopicArn: Type.String(), ...common }, closed), { default: [] }),
    },
    closed,
  ),
  Managed: Type.Boolean({ default: true }),
  SkipDestinationValidation: Type.Boolean({ default: false }),
  ...ignored('What its function does is done here.', 'ServiceToken S3NotificationsDeleteFeatureFlagEnabled'),
});

/**
 * What `bucket.addEventNotification` of the CDK synthesizes. Its function, written in Python, is
 * aws-cdk-lib/custom-resource-handlers/dist/aws-s3/notifications-resource-handler.
 */
export function bucketNotifications(client: S3Client) {
  return defineResource('Custom::S3BucketNotifications', {
    properties,
    up,
    async update({ resource, running }, next) {
      if (resource.properties.BucketName !== next.properties.BucketName) await running.remove?.();
      return up(next);
    },
  });

  async function up({ key, logicalId, properties: given }: Resource<Static<typeof properties>>): Promise<Running> {
    const { BucketName, NotificationConfiguration, Managed, SkipDestinationValidation } = given;
    const { QueueConfigurations, TopicConfigurations } = NotificationConfiguration;
    const notifications: Notification[] = [
      ...QueueConfigurations.map(({ QueueArn, ...rest }) => notificationOf('Queue', QueueArn, rest)),
      ...TopicConfigurations.map(({ TopicArn, ...rest }) => notificationOf('Topic', TopicArn, rest)),
    ];
    const options = {
      bucket: BucketName,
      owner: key,
      // Of a bucket that another stack owns, only the own notifications are managed.
      keepOthers: !Managed,
      skipDestinationValidation: SkipDestinationValidation,
    };
    await setNotifications(client, options, notifications);
    return { ref: logicalId, remove: () => setNotifications(client, options, []) };
  }
}

interface Configuration {
  readonly Events: readonly string[];
  readonly Filter?: { readonly Key: { readonly FilterRules: Notification['rules'] } };
}

const notificationOf = (kind: Notification['kind'], arn: string, { Events, Filter }: Configuration): Notification => ({
  kind,
  arn,
  events: Events,
  rules: Filter?.Key.FilterRules ?? [],
});
