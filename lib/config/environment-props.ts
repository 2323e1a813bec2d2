import type { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** How the tasks of a service or worker are sized, scaled and fed. Each falls back to the environment's `tasks`. */
export interface TaskProps {
  /**
   * Least number of tasks. A service needs two, in two zones, so that losing one is not noticed; a worker may have one.
   * Each idle task costs its CPU and memory around the clock.
   * @default 2
   */
  readonly min?: number;
  /**
   * Most tasks scaling may start. The ceiling of the bill, and of the connections to the database: each task opens up to
   * five to the primary and five to each replica, twice as many tasks run during a deployment, and an instance allows one
   * connection per 9.5 MB of its memory.
   * @default 10
   */
  readonly max?: number;
  /**
   * CPU units of a task, 1024 being one vCPU: 256, 512, 1024, 2048 or 4096.
   * @default 256
   */
  readonly cpu?: number;
  /**
   * Memory of a task in MiB; Fargate accepts certain amounts for each `cpu`.
   * @default 512
   */
  readonly memoryMiB?: number;
  /**
   * Requests per minute and task that scaling holds. Too high and tasks saturate before new ones come; too low and you
   * pay for idle ones.
   * @default 3000
   */
  readonly requestsPerMinute?: number;
  /**
   * Average CPU in percent that scaling holds; the second signal, for requests that are few and heavy.
   * @default 60
   */
  readonly cpuPercent?: number;
  /**
   * Waiting messages per task that a worker's scaling holds: the delay it accepts divided by the time one message takes.
   * @default 100
   */
  readonly backlogPerTask?: number;
  /**
   * How the load balancer chooses a task. `least_outstanding_requests` suits requests of very different length;
   * `weighted_random` also turns away from tasks that answer with errors.
   * @default 'round_robin'
   */
  readonly algorithm?: 'round_robin' | 'least_outstanding_requests' | 'weighted_random';
  /**
   * Seconds that a client stays with its task, by a cookie. Services are stateless, so this only helps local caches, and
   * makes load uneven.
   * @default - not sticky
   */
  readonly stickinessSeconds?: number;
  /**
   * Seconds that a leaving task may take to finish its requests. Longer than the longest request; each deployment waits
   * for it.
   * @default 30
   */
  readonly deregistrationSeconds?: number;
}

/** RDS for PostgreSQL. */
export interface DatabaseProps {
  /**
   * Instance class without the `db.` prefix, for the primary and its replicas. The largest part of most bills.
   * @default 't4g.medium'
   */
  readonly instanceType?: string;
  /**
   * A standby in another zone that takes over in about a minute. Doubles the primary's price; without it, losing a zone
   * means restoring from a backup.
   * @default false
   */
  readonly multiAz?: boolean;
  /**
   * Read replicas, 0 to 15. Without one all reads go to the primary. For one less, first
   * `cdk deploy --exclusively '<environment>/Services'`: CloudFormation keeps what they still import.
   * @default 1
   */
  readonly replicas?: number;
  /**
   * Storage to begin with, in GiB, 20 at least. It cannot shrink.
   * @default 20
   */
  readonly storageGiB?: number;
  /**
   * Storage grows by itself up to here, in GiB. When it is full, writes fail.
   * @default 200
   */
  readonly maxStorageGiB?: number;
  /**
   * Days of point-in-time recovery, 1 to 35; 0 turns it off, and replicas need it.
   * @default 7
   */
  readonly backupDays?: number;
}

/** ElastiCache: sessions and caches. */
export interface RedisProps {
  /**
   * Node type without the `cache.` prefix.
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

/** Everything that differs between one deployment of the system and another. */
export interface EnvironmentProps {
  /**
   * Address that mail is sent from. SES sends nothing until it, or its domain, is verified. Environments that share an
   * account need one each.
   */
  readonly mailFrom: string;
  /**
   * AWS account.
   * @default - the account of the credentials that deploy
   */
  readonly account?: string;
  /**
   * AWS region. Changing it later makes a new, empty deployment.
   * @default 'eu-central-1'
   */
  readonly region?: string;
  /**
   * Two or three zones of the region, fixed here so that synth asks no account. A third can be added later (addresses are
   * kept free for it); taking one away replaces what lives there.
   * @default - zones a and b of the region
   */
  readonly availabilityZones?: readonly string[];
  /**
   * Address range of the VPC. Cannot be changed without replacing everything in it.
   * @default '10.0.0.0/16'
   */
  readonly cidr?: string;
  /**
   * How tasks reach AWS and the internet. `none`: AWS only, through interface endpoints, each priced per zone and hour.
   * `instance`: one small EC2 instance, cheapest, not replaced when it dies, but replaced, with a minute's cut, by a
   * deployment that finds a newer Amazon Linux. `one`: a NAT gateway; losing its zone cuts all tasks off. `per-az`: a
   * gateway in each zone.
   * @default 'one'
   */
  readonly nat?: 'none' | 'instance' | 'one' | 'per-az';
  /**
   * Id of the managed prefix list `com.amazonaws.global.cloudfront.origin-facing` in the region: who may reach the load
   * balancer. `aws ec2 describe-managed-prefix-lists` shows it.
   * @default - known for the regions in cloudfront-prefix-lists.ts
   */
  readonly cloudFrontPrefixList?: string;
  /**
   * Whether stacks, database, load balancer and files are protected from deletion. Without it, deleting a stack deletes
   * its data. With it, a first deployment that fails cannot be rolled back: use `cdk deploy --no-rollback` for that one,
   * and repeat it when the fault is mended.
   * @default true
   */
  readonly protect?: boolean;
  /**
   * How long logs are kept. CloudWatch charges for each gigabyte and month; what is gone cannot be searched.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * Whether payments go to the sandbox provider, which is then deployed too. It charges nobody: never where money is real.
   * @default false
   */
  readonly sandbox?: boolean;
  /**
   * Base URL of the payment provider, https. Needed without the sandbox, refused with it.
   * @default - the sandbox
   */
  readonly paymentProviderUrl?: string;
  /**
   * Whether migrations also load the demo catalogue.
   * @default false
   */
  readonly demoCatalogue?: boolean;
  /** @default - all defaults of DatabaseProps */
  readonly database?: DatabaseProps;
  /** @default - all defaults of RedisProps */
  readonly redis?: RedisProps;
  /**
   * Web origins whose pages may upload to the bucket, such as `https://shop.example.com`.
   * @default - none
   */
  readonly uploadOrigins?: readonly string[];
  /** What holds for all services and workers. @default - all defaults of TaskProps */
  readonly tasks?: TaskProps;
  /** What holds for one service or worker, by name. @default - `tasks` for all */
  readonly services?: Readonly<Record<string, TaskProps>>;
}
