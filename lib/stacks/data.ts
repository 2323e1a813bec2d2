import { Duration, Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { AccessLogs } from '../constructs/access-logs.ts';
import { EventBus } from '../constructs/event-bus.ts';
import { MailSender } from '../constructs/mail-sender.ts';
import { Postgres } from '../constructs/postgres.ts';
import { randomSecret } from '../constructs/random-secret.ts';
import { RedisCache } from '../constructs/redis-cache.ts';
import { UploadsBucket } from '../constructs/uploads-bucket.ts';
import { WorkQueue } from '../constructs/work-queue.ts';
import { mediaPrefix } from '../edge-paths.ts';
import { definitionsFor, hasQueue, usesRedis } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';

export interface DataStackProps extends StackProps {
  readonly environment: Environment;
  readonly system: readonly ServiceDefinition[];
  readonly vpc: IVpc;
}

/** What holds data: databases, queues, files and secrets. */
export class DataStack extends Stack {
  readonly postgres: Postgres;
  readonly redis: RedisCache;
  /** Undefined if nothing uses it. */
  readonly cache: RedisCache | undefined;
  readonly sessionSecret: ISecret;
  /** The key of the payment provider, or of the sandbox. */
  readonly paymentProviderKey: ISecret;
  readonly events: EventBus;
  readonly queues: ReadonlyMap<string, WorkQueue>;
  readonly mail: MailSender;
  readonly accessLogs: AccessLogs;
  readonly uploads: UploadsBucket;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    const { environment, vpc } = props;
    const { protect } = environment;
    const definitions = definitionsFor(props.system, environment);

    this.postgres = new Postgres(this, 'Postgres', {
      ...environment.database,
      vpc,
      protect,
      roles: definitions.filter(({ database }) => database).map(({ name }) => name),
    });
    this.redis = new RedisCache(this, 'Redis', {
      ...environment.redis,
      vpc,
      name: `headroom-${environment.name}`,
      users: definitions.filter(usesRedis).map(({ name, sessions, mail }) => ({ name, sessions, mail })),
      protect,
    });
    const cached = definitions.filter(({ cache }) => cache).map(({ name }) => ({ name, cache: true as const }));
    this.cache =
      cached.length === 0
        ? undefined
        : new RedisCache(this, 'Cache', {
            ...environment.redis,
            vpc,
            name: `headroom-${environment.name}-cache`,
            purpose: 'cache',
            users: cached,
            protect,
          });
    this.sessionSecret = randomSecret(this, 'SessionSecret', { description: 'Signs session cookies', protect });
    this.paymentProviderKey =
      environment.paymentProviderSecretArn === undefined
        ? randomSecret(this, 'SandboxProviderKey', { description: 'Key of the sandbox payment provider', protect })
        : Secret.fromSecretCompleteArn(this, 'PaymentProviderKey', environment.paymentProviderSecretArn);

    const retention = Duration.days(environment.logRetention);
    this.accessLogs = new AccessLogs(this, 'AccessLogs', { retention, protect });
    this.uploads = new UploadsBucket(this, 'Uploads', {
      origins: environment.uploadOrigins,
      accessLogs: this.accessLogs.bucket,
      protect,
    });
    this.uploads.serve(mediaPrefix);
    this.events = new EventBus(this, 'Events', { topicName: `headroom-${environment.name}-events` });
    this.mail = new MailSender(this, 'Mail', {
      address: environment.mailFrom,
      name: `headroom-${environment.name}`,
    });
    this.queues = new Map(
      definitions.filter(hasQueue).map((definition) => [definition.name, this.#queue(environment, definition)]),
    );
  }

  /** The queue of a service or worker: for events, or objects that it watches, and what SES reports of its mails. */
  #queue(environment: Environment, { name, receives, watches, mail, queue: settings }: ServiceDefinition): WorkQueue {
    const seconds = settings?.visibilityTimeoutSeconds;
    const queue = new WorkQueue(this, `Queue-${name}`, {
      queueName: `headroom-${environment.name}-${name}`,
      visibilityTimeout: seconds === undefined ? undefined : Duration.seconds(seconds),
      maxReceives: settings?.maxReceives,
      protect: environment.protect,
    });
    if (receives) this.events.deliver(receives, queue);
    if (watches) this.uploads.notify(watches, queue);
    if (mail) this.mail.reportTo(queue);
    return queue;
  }
}
