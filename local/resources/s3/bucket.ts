import {
  CreateBucketCommand,
  DeleteBucketCorsCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  PutBucketCorsCommand,
  PutBucketVersioningCommand,
  type BucketLocationConstraint,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Type, type Static } from 'typebox';

import { defineResource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import { unless } from '../aws.ts';
import { physicalName } from '../physical-name.ts';
import { setNotifications, type Notification } from './notifications.ts';

const texts = Type.Optional(Type.Array(Type.String()));
const corsRule = Type.Object(
  {
    AllowedHeaders: texts,
    AllowedMethods: Type.Array(Type.String()),
    AllowedOrigins: Type.Array(Type.String()),
    ExposedHeaders: texts,
    Id: Type.Optional(Type.String()),
    MaxAge: Type.Optional(Type.Number()),
  },
  closed,
);
const filterRule = Type.Object({ Name: Type.String(), Value: Type.String() }, closed);
const notification = {
  Event: Type.String(),
  Filter: Type.Optional(Type.Object({ S3Key: Type.Object({ Rules: Type.Array(filterRule) }, closed) }, closed)),
};
/** Functions and EventBridge are refused as destinations: nothing here delivers to them. */
const notificationConfiguration = Type.Object(
  {
    QueueConfigurations: Type.Array(Type.Object({ Queue: Type.String(), ...notification }, closed), { default: [] }),
    TopicConfigurations: Type.Array(Type.Object({ Topic: Type.String(), ...notification }, closed), { default: [] }),
  },
  closed,
);
const properties = Type.Object({
  BucketName: Type.Optional(Type.String()),
  VersioningConfiguration: Type.Optional(
    Type.Object({ Status: Type.Union([Type.Literal('Enabled'), Type.Literal('Suspended')]) }, closed),
  ),
  CorsConfiguration: Type.Optional(Type.Object({ CorsRules: Type.Array(corsRule) }, closed)),
  NotificationConfiguration: Type.Optional(notificationConfiguration),
  ...ignored(
    'The endpoint does not encrypt, has one storage class, and writes no logs, metrics or inventories.',
    `AccelerateConfiguration AnalyticsConfigurations BucketEncryption IntelligentTieringConfigurations
    InventoryConfigurations LoggingConfiguration MetricsConfigurations`,
  ),
  ...ignored(
    'The endpoint listens on 127.0.0.1 only.',
    'AccessControl OwnershipControls PublicAccessBlockConfiguration',
  ),
  ...ignored('Objects are kept until they are deleted.', 'LifecycleConfiguration'),
  ...ignored('They describe the bucket.', 'Tags'),
});

export function bucket(client: S3Client, region: string) {
  return defineResource('AWS::S3::Bucket', {
    properties,
    replaceOn: ['BucketName'],
    update: 'up',
    async up(resource) {
      const { BucketName, VersioningConfiguration, CorsConfiguration, NotificationConfiguration } = resource.properties;
      // The name of a bucket is in lower case and has at most 63 characters.
      const Bucket = BucketName ?? physicalName(resource, undefined, 63).toLowerCase();
      await create(Bucket);
      await setVersioning(Bucket, VersioningConfiguration);
      await setCors(Bucket, CorsConfiguration?.CorsRules ?? []);
      const options = { bucket: Bucket, owner: resource.key, keepOthers: true };
      await setNotifications(client, options, notificationsOf(NotificationConfiguration));
      return {
        ref: Bucket,
        attributes: {
          Arn: `arn:aws:s3:::${Bucket}`,
          DomainName: `${Bucket}.s3.amazonaws.com`,
          DualStackDomainName: `${Bucket}.s3.dualstack.${region}.amazonaws.com`,
          RegionalDomainName: `${Bucket}.s3.${region}.amazonaws.com`,
        },
      };
    },
  });

  async function create(Bucket: string): Promise<void> {
    const existing = await unless(['NotFound', 'NoSuchBucket'], () => client.send(new HeadBucketCommand({ Bucket })));
    if (existing !== undefined) return;
    // us-east-1 is the default, and S3 refuses it as a constraint.
    const LocationConstraint = region as BucketLocationConstraint;
    const CreateBucketConfiguration = region === 'us-east-1' ? undefined : { LocationConstraint };
    await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  }

  /** Versioning can be suspended, and not removed. */
  async function setVersioning(
    Bucket: string,
    given: Static<typeof properties>['VersioningConfiguration'],
  ): Promise<void> {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }));
    const wanted = given?.Status ?? (Status === undefined ? undefined : 'Suspended');
    if (wanted === undefined || wanted === Status) return;
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: wanted } }));
  }

  async function setCors(Bucket: string, rules: readonly Static<typeof corsRule>[]): Promise<void> {
    if (rules.length === 0) {
      await client.send(new DeleteBucketCorsCommand({ Bucket }));
      return;
    }
    const CORSRules = rules.map(({ ExposedHeaders, Id, MaxAge, ...rule }) => ({
      AllowedHeaders: rule.AllowedHeaders,
      AllowedMethods: rule.AllowedMethods,
      AllowedOrigins: rule.AllowedOrigins,
      ExposeHeaders: ExposedHeaders,
      ID: Id,
      MaxAgeSeconds: MaxAge,
    }));
    await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  }
}

function notificationsOf(configuration: Static<typeof notificationConfiguration> | undefined): Notification[] {
  const { QueueConfigurations = [], TopicConfigurations = [] } = configuration ?? {};
  return [
    ...QueueConfigurations.map(({ Queue, Event, Filter }) => ({
      kind: 'Queue' as const,
      arn: Queue,
      events: [Event],
      rules: Filter?.S3Key.Rules ?? [],
    })),
    ...TopicConfigurations.map(({ Topic, Event, Filter }) => ({
      kind: 'Topic' as const,
      arn: Topic,
      events: [Event],
      rules: Filter?.S3Key.Rules ?? [],
    })),
  ];
}
