import type { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** How the tasks of a service or worker are sized, scaled and fed. A setting left out is that of the environment's `tasks`. */
export interface TaskProps {
  /**
   * Minimum number of tasks. A service needs two, in two zones, to survive the loss of one; a worker may have one. An idle
   * task costs as much as a busy one.
   * @default 2
   */
  readonly min?: number;
  /**
   * Maximum number of tasks. It limits the bill, and the connections to the database: twice as many tasks run during a
   * deployment, each with up to `database.poolSize` connections to the primary and to each replica.
   * @default 10
   */
  readonly max?: number;
  /**
   * CPU units of a task, 1024 being one vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384.
   * @default 256
   */
  readonly cpu?: number;
  /**
   * Memory of a task in MiB. Fargate accepts certain amounts for each `cpu`; fargate-sizes.ts lists them.
   * @default 512
   */
  readonly memoryMiB?: number;
  /**
   * Target of scaling: requests per minute and task. Too high, and tasks saturate before new ones start; too low, and you
   * pay for idle ones.
   * @default 3000
   */
  readonly requestsPerMinute?: number;
  /**
   * Target of scaling: average CPU in percent, for requests that are few and heavy.
   * @default 60
   */
  readonly cpuPercent?: number;
  /**
   * Target of the scaling of what has a queue, a worker or a service: waiting messages per task. The acceptable delay
   * divided by the time that one message takes.
   * @default 100
   */
  readonly backlogPerTask?: number;
  /**
   * How the load balancer chooses a task. `least_outstanding_requests` suits requests of very different length;
   * `weighted_random` also sends less to tasks that respond with errors.
   * @default 'round_robin'
   */
  readonly algorithm?: 'round_robin' | 'least_outstanding_requests' | 'weighted_random';
  /**
   * Seconds for which a cookie binds a client to a task. Services are stateless, so this only helps their in-memory
   * caches, and it makes load uneven.
   * @default - not sticky
   */
  readonly stickinessSeconds?: number;
  /**
   * Seconds that a task has to finish its requests before it stops. Must be longer than the longest request; each
   * deployment waits for it.
   * @default 30
   */
  readonly deregistrationSeconds?: number;
  /**
   * An alarm warns when one request in a hundred takes this long or longer, in milliseconds, for ten minutes.
   * @default 1000
   */
  readonly p99Ms?: number;
}

/** RDS for PostgreSQL. */
export interface DatabaseProps {
  /**
   * Instance class without the `db.` prefix, for the primary and its replicas. The largest part of most bills.
   * instance-types.ts lists them.
   * @default 't4g.medium'
   */
  readonly instanceType?: string;
  /**
   * Connections that a task opens to the primary, and to each replica, at most. A task of a quarter vCPU rarely uses more
   * than one at a time; with more, fewer tasks fit `maxConnections`. A request waits up to 3 s for one.
   * @default 2
   */
  readonly poolSize?: number;
  /**
   * Connections that the primary and each replica accept (`max_connections`). All tasks must fit, with those that replace
   * them during a deployment. It does not depend on the instance class, so that a larger primary does not pause the replay
   * of its replicas. A change takes effect when an instance restarts: to raise it, restart the replicas first, to lower
   * it, the primary.
   * @default 400
   */
  readonly maxConnections?: number;
  /**
   * RDS Proxy between the services and the primary, for more tasks than `maxConnections` allows: their transactions share
   * the connections. Priced per hour and vCPU of the primary. Replicas have no proxy, so all tasks must fit theirs.
   * @default false
   */
  readonly proxy?: boolean;
  /**
   * A standby in another zone that takes over in about a minute. Doubles the primary's price; without it, losing a zone
   * means restoring from a backup.
   * @default false
   */
  readonly multiAz?: boolean;
  /**
   * Read replicas, 0 to 15. Without one all reads go to the primary.
   * @default 1
   */
  readonly replicas?: number;
  /**
   * Allocated storage in GiB, at least 20. It cannot shrink.
   * @default 20
   */
  readonly storageGiB?: number;
  /**
   * Maximum in GiB up to which storage grows automatically. When it is full, writes fail.
   * @default 200
   */
  readonly maxStorageGiB?: number;
  /**
   * Days of point-in-time recovery, 1 to 35. 0 turns backups off, which replicas need.
   * @default 7
   */
  readonly backupDays?: number;
  /**
   * Snapshot to restore the database from: its name, or its ARN. Setting, changing or removing it makes a new primary and
   * new replicas, and drops the old ones from the stack. With `protect` the old primary keeps running until you delete
   * it; otherwise it is deleted with its data. Keep the setting once the snapshot is restored: without it, the
   * deployment makes an empty database.
   * @default - an empty database
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html#cfn-rds-dbinstance-dbsnapshotidentifier
   */
  readonly restoreFrom?: string;
}

/**
 * ElastiCache for Valkey: a replication group for sessions and for the limits of requests, and one for caches. When the first is
 * full, nobody can sign in, and each task limits requests alone; no session is evicted. The other evicts what was used least
 * recently. Both have these settings.
 */
export interface RedisProps {
  /**
   * Node type without the `cache.` prefix. instance-types.ts lists them.
   * @default 't4g.micro'
   */
  readonly nodeType?: string;
  /**
   * A replica in another zone that takes over in seconds. Doubles the price; without it, losing the node signs everyone
   * out.
   * @default false
   */
  readonly multiAz?: boolean;
}

/** Where the services and workers send telemetry, by OTLP over HTTP (docs/operations.md, "Traces"). */
export interface TelemetryProps {
  /**
   * Base URL of the receiver, https on port 443, without the path of a signal: `https://xray.<region>.amazonaws.com` for X-Ray,
   * `https://otlp.<site>` for Datadog, or that of a collector. For X-Ray, tasks sign with their role, and with `endpoints` there
   * is one more, for X-Ray. For any other receiver, every task may connect to any address on port 443, and `nat` must not be
   * `none`.
   */
  readonly otlpEndpoint: string;
  /**
   * Complete ARN of the secret in Secrets Manager that holds the headers of each export, such as `dd-api-key=…`, as
   * `name=value` separated by commas. It is in the region of the environment, and read when a task starts. Refused with X-Ray.
   * @default - no headers
   */
  readonly otlpHeadersSecretArn?: string;
  /**
   * Which part of the requests from the internet, and of the work that no request causes, is traced in all services, in percent.
   * Each traced purchase has about 45 spans, which most receivers charge for.
   * @default 100
   */
  readonly tracesPercent?: number;
}

/** The names under which people open the system. */
export interface DomainProps {
  /** Such as `shop.example.com`; links begin with the first one. Each needs a DNS record that leads to the distribution. */
  readonly names: readonly string[];
  /** ARN of a certificate in ACM in us-east-1 that has all the names: CloudFront takes none from another region. */
  readonly certificateArn: string;
}

/**
 * Whom alarms tell. There are alarms whether or not anybody is told: each costs $0.10 a month, or $0.10 for each metric that it
 * computes with, and the dashboard $3. docs/operations.md has the sum for each environment.
 * @see https://aws.amazon.com/cloudwatch/pricing/
 */
export interface AlarmProps {
  /**
   * E-mail addresses for what must not wait: people are turned away, or soon will be. SNS sends each a link to confirm.
   * @default - nobody
   */
  readonly critical?: readonly string[];
  /**
   * E-mail addresses for what can wait until the day.
   * @default - nobody
   */
  readonly warning?: readonly string[];
  /**
   * Percentage of requests over 30 days that must not fail with a 5xx at the edge. Alarms tell when the rest is spent too fast.
   * The closer to 100, the fewer failures it takes.
   * @default 99.9
   */
  readonly availabilityPercent?: number;
  /**
   * Where alarms say that the runbook is, such as `https://example.com/headroom/blob/main/docs/runbook.md`.
   * @default - 'docs/runbook.md', its path in the repository
   */
  readonly runbook?: string;
}

/** Everything that differs between deployments of the system. */
export interface EnvironmentProps {
  /**
   * Address that mail is sent from. SES sends nothing until the address or its domain is verified. Environments that share
   * an account and region need an address each.
   */
  readonly mailFrom: string;
  /**
   * Names of its own under which people open the system, with a certificate. TLS 1.2 is then the oldest version that CloudFront
   * accepts.
   * @default - CloudFront's name and certificate, with which it also accepts TLS 1.0
   */
  readonly domain?: DomainProps;
  /**
   * URL that links in mails begin with, such as `https://shop.example.com`.
   * @default - the first name of `domain`; without one, the name under which the request came that causes the mail: the
   * CloudFront domain, on a laptop the edge
   */
  readonly siteUrl?: string;
  /**
   * AWS account, 12 digits. The CDK CLI refuses to deploy with credentials of another one.
   * @default - the account of the credentials that deploy
   */
  readonly account?: string;
  /**
   * AWS region. Changing it later makes a new, empty deployment.
   * @default 'eu-central-1'
   */
  readonly region?: string;
  /**
   * Two or three zones of the region, given here so that synth needs no account: names such as `eu-central-1a`, or ids such
   * as `use1-az1` in the regions where letters differ between accounts. A third can be added later (an address range is
   * reserved for it); removing one, or giving its id instead of its name, replaces the resources in it.
   * @default - two zones that are known to work, listed in regions.ts; required in other regions
   */
  readonly availabilityZones?: readonly string[];
  /**
   * Private address range of the VPC, a /16 or a /17, different in each environment. Cannot be changed without replacing
   * everything in it.
   * @default '10.0.0.0/16'
   */
  readonly cidr?: string;
  /**
   * Whether tasks reach AWS APIs through interface endpoints in the VPC. Then only tasks that call a payment provider, or
   * send `telemetry` to another receiver than X-Ray, may connect to addresses outside the VPC, apart from S3. There are seven
   * endpoints, with telemetry to X-Ray eight; in eu-central-1 each costs $0.012 per
   * zone and hour, together $61 per zone and month, and $0.01 per GB. Without them, AWS is reached over the internet, and every
   * task may connect to any address on port 443. Changing it later cuts running tasks off from AWS for some minutes, from the
   * deployment of the network to that of the services. Turning it off also leaves the security group of the endpoints in the
   * VPC, since tasks still refer to it: delete it afterwards.
   * @default true
   * @see https://aws.amazon.com/privatelink/pricing/
   */
  readonly endpoints?: boolean;
  /**
   * How tasks reach the internet. `none`: not at all. `instance`: one small EC2 instance. The cheapest; not replaced when it
   * fails, but replaced, with a minute's outage, by a deployment that finds a newer Amazon Linux. `one`: a NAT gateway;
   * losing its zone cuts all tasks off. `per-az`: a gateway in each zone.
   * @default - 'none' with `endpoints` if nothing would use it: neither `paymentProviderUrl` nor `telemetry` to another receiver
   * than X-Ray; otherwise 'one'
   */
  readonly nat?: 'none' | 'instance' | 'one' | 'per-az';
  /**
   * Id of the managed prefix list `com.amazonaws.global.cloudfront.origin-facing` in the region: the addresses that may
   * connect to the load balancer. `aws ec2 describe-managed-prefix-lists` shows it.
   * @default - that of the region in regions.ts
   */
  readonly cloudFrontPrefixList?: string;
  /**
   * Id of the managed prefix list `com.amazonaws.<region>.s3`: the addresses of S3, which tasks may connect to.
   * `aws ec2 describe-managed-prefix-lists` shows it.
   * @default - that of the region in regions.ts
   */
  readonly s3PrefixList?: string;
  /**
   * Whether what holds data is kept: stacks, database and load balancer refuse deletion; files, secrets, queues and logs
   * stay in the account when they leave a stack, and of Redis a snapshot. A queue that was kept has its name still: delete
   * it, or `cdk import` it, before a service of that name is added again. Without `protect`, deleting a stack deletes its
   * data. With it, a first deployment that fails cannot be rolled back: add `--no-rollback` to the first one, and repeat it
   * once the cause is fixed.
   * @default true
   */
  readonly protect?: boolean;
  /**
   * How long logs are kept. CloudWatch charges per gigabyte and month.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * Whether payments go to the sandbox provider, which is then deployed too. It charges no card: not for production.
   * @default false
   */
  readonly sandbox?: boolean;
  /**
   * Base URL of the payment provider, https. Required without the sandbox, refused with it.
   * @default - the sandbox
   */
  readonly paymentProviderUrl?: string;
  /**
   * Complete ARN of the secret in Secrets Manager that holds the payment provider's key, as plain text, in the region of
   * the environment. Make it before the first deployment: `aws secretsmanager create-secret --name … --secret-string …`
   * prints the ARN. Only `payments` may read it, when a task starts; so after a change of the key, deploy anew. A secret
   * that is encrypted with a key of your own needs a grant of that key as well. Required with paymentProviderUrl, refused
   * without.
   * @default - with the sandbox, a random one that is made with the environment
   */
  readonly paymentProviderSecretArn?: string;
  /**
   * Whether migrations also load the demo catalogue.
   * @default false
   */
  readonly demoCatalogue?: boolean;
  /** @default - no telemetry is sent, and no span recorded */
  readonly telemetry?: TelemetryProps;
  /** @default - all defaults of DatabaseProps */
  readonly database?: DatabaseProps;
  /** @default - all defaults of AlarmProps */
  readonly alarms?: AlarmProps;
  /** @default - all defaults of RedisProps */
  readonly redis?: RedisProps;
  /**
   * Web origins whose pages may upload to the bucket, such as `https://shop.example.com`. Without the name under which people
   * open the system, its pages upload, and cannot see whether they did.
   * @default - the names of `domain`; without one, none: the CloudFront domain is known once it is deployed
   */
  readonly uploadOrigins?: readonly string[];
  /** Settings of all services and workers. @default - all defaults of TaskProps */
  readonly tasks?: TaskProps;
  /** Settings of single services and workers, by name. @default - `tasks` for all */
  readonly services?: Readonly<Record<string, TaskProps>>;
}
