import { Duration, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { AccessLogs } from '../constructs/access-logs.ts';
import { EventBus } from '../constructs/event-bus.ts';
import { MailSender } from '../constructs/mail-sender.ts';
import { Postgres } from '../constructs/postgres.ts';
import { RedisCache } from '../constructs/redis-cache.ts';
import { UploadsBucket } from '../constructs/uploads-bucket.ts';
import { WorkQueue } from '../constructs/work-queue.ts';
import { definitionsFor } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';

export interface DataStackProps extends StackProps {
  readonly environment: Environment;
  readonly system: readonly ServiceDefinition[];
  readonly vpc: IVpc;
}

/** All that must survive a deployment: databases, queues, files, secrets. */
export class DataStack extends Stack {
  readonly postgres: Postgres;
  readonly redis: RedisCache;
  readonly sessionSecret: Secret;
  readonly events: EventBus;
  readonly queues: ReadonlyMap<string, WorkQueue>;
  readonly mail: MailSender;
  readonly accessLogs: AccessLogs;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    const { environment, vpc } = props;
    const { protect } = environment;
    const rows = definitionsFor(props.system, environment);

    this.postgres = new Postgres(this, 'Postgres', {
      ...environment.database,
      vpc,
      protect,
      roles: rows.filter(({ database }) => database).map(({ name }) => name),
    });
    this.redis = new RedisCache(this, 'Redis', { ...environment.redis, vpc });
    this.sessionSecret = new Secret(this, 'SessionSecret', {
      description: 'Signs session cookies',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });

    this.events = new EventBus(this, 'Events', { topicName: `headroom-${environment.name}-events` });
    const queues = new Map<string, WorkQueue>();
    for (const { name, receives, queue } of rows) {
      if (!receives) continue;
      const work = new WorkQueue(this, `Queue-${name}`, {
        queueName: `headroom-${environment.name}-${name}`,
        visibilityTimeout: queue?.visibilityTimeoutSeconds
          ? Duration.seconds(queue.visibilityTimeoutSeconds)
          : undefined,
        maxReceives: queue?.maxReceives,
      });
      this.events.deliver(receives, work);
      queues.set(name, work);
    }
    this.queues = queues;
    this.mail = new MailSender(this, 'Mail', { address: environment.mailFrom });

    const retention = Duration.days(environment.logRetention);
    this.accessLogs = new AccessLogs(this, 'AccessLogs', { retention, protect });
    new UploadsBucket(this, 'Uploads', {
      origins: environment.uploadOrigins,
      accessLogs: this.accessLogs.bucket,
      protect,
    });
  }
}
