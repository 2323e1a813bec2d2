/** What a service or worker may use. Each key has a capability of the same name, which the services stack binds. */
interface Uses {
  /** A schema and a role of its own in the database. @default - no database */
  readonly database?: true;
  /**
   * Signed-in users: Redis and the secret that signs session cookies. `read` finds out who is signed in; `write` also signs
   * users in and out.
   * @default - no sessions
   */
  readonly sessions?: 'read' | 'write';
  /** A cache in Redis, shared by its tasks, that may lose everything at any time. @default - none */
  readonly cache?: true;
  /** Event types delivered to its own queue. @default - none, and no queue */
  readonly receives?: readonly string[];
  /**
   * Key prefixes of the uploads bucket, such as `originals/`: each object created under one sends an S3 notification to its
   * own queue. Reading the object takes `uploads` as well. Not together with `receives`: the two kinds of message differ.
   * @default - none, and no queue
   */
  readonly watches?: readonly string[];
  /** Event types it may publish. @default - none */
  readonly publishes?: readonly string[];
  /** Sends links to the system: the URL that they begin with. @default - it sends none */
  readonly siteUrl?: true;
  /**
   * May send mail from the environment's address, at a pace that its tasks keep in Redis. SES
   * reports bounces and complaints to its queue.
   * @default - it may not
   */
  readonly mail?: true;
  /** Services it calls over HTTP, through the load balancer. @default - none */
  readonly calls?: readonly string[];
  /** May call the card payment provider, with its key. @default - it may not */
  readonly paymentProvider?: true;
  /** Is the sandbox payment provider: gets the key that its callers must send. @default - it is not, and gets no key */
  readonly sandboxProvider?: true;
  /** Key prefixes of the uploads bucket, such as `originals/`, that it reads and writes. @default - none */
  readonly uploads?: { readonly reads?: readonly string[]; readonly writes?: readonly string[] };
}

/** Name of a capability: a key of a service definition. */
export type CapabilityName = keyof Uses;

/** A setting of the environment on which a service may depend. */
export type Condition = 'sandbox';

interface Common extends Uses {
  /** Folder under app/, database role and schema, container and ECS service. */
  readonly name: string;
  /** Settings of its queue. @default - those of `WorkQueue` */
  readonly queue?: { readonly visibilityTimeoutSeconds?: number; readonly maxReceives?: number };
  /** Exists only in environments where this setting is on. @default - everywhere */
  readonly condition?: Condition;
}

/** An HTTP service in app/services/<name>, behind the load balancer. */
export interface HttpServiceDefinition extends Common {
  readonly kind: 'service';
  /** Path patterns (`*` and `?` as in ALB rules) that the load balancer forwards to it. */
  readonly paths: readonly string[];
  /**
   * Those of `paths` whose responses are the same for everybody, each with the query parameters that make another response.
   * The CDN stores them for as long as their `Cache-Control` says; the service gets no other parameter, no cookie and no
   * other header of the viewer. They take GET and HEAD only: the CDN refuses other methods with 403, and sends a read that
   * fails once more.
   * @default - none: the CDN stores nothing
   */
  readonly stored?: Readonly<Record<string, readonly string[]>>;
}

/** A worker in app/workers/<name>, fed by its queue. */
export interface WorkerDefinition extends Common {
  readonly kind: 'worker';
}

export type ServiceDefinition = HttpServiceDefinition | WorkerDefinition;

/** The whole system. Stacks, roles, security groups, routes and queues are made from this table alone. */
export const system: readonly ServiceDefinition[] = [
  {
    kind: 'service',
    name: 'catalog',
    // Serves health checks from outside as well; the load balancer checks each service directly.
    paths: ['/', '/api/health', '/api/products', '/api/products/*', '/api/flags'],
    stored: {
      '/': [],
      '/api/products': ['limit', 'cursor', 'ids', 'q', 'genre', 'sort'],
      '/api/products/*': [],
      '/api/flags': [],
    },
    database: true,
    cache: true,
  },
  {
    kind: 'service',
    name: 'auth',
    paths: ['/api/auth/*'],
    database: true,
    sessions: 'write',
    siteUrl: true,
    publishes: ['verification.requested', 'reset.requested'],
  },
  {
    kind: 'service',
    name: 'orders',
    paths: ['/api/orders', '/api/orders/*'],
    database: true,
    sessions: 'read',
    calls: ['auth', 'catalog'],
    receives: ['payment.succeeded'],
    publishes: ['order.paid'],
  },
  {
    kind: 'service',
    name: 'payments',
    paths: ['/api/payments', '/api/payments/*'],
    database: true,
    sessions: 'read',
    calls: ['auth', 'orders'],
    paymentProvider: true,
    publishes: ['payment.succeeded'],
    receives: ['order.paid'],
  },
  {
    kind: 'service',
    name: 'sandbox',
    paths: ['/sandbox/*'],
    database: true,
    sandboxProvider: true,
    condition: 'sandbox',
  },
  {
    kind: 'service',
    name: 'images',
    paths: ['/api/images', '/api/images/*', '/api/products/*/images'],
    stored: { '/api/products/*/images': ['limit', 'cursor'] },
    database: true,
    sessions: 'read',
    calls: ['auth'],
    uploads: { writes: ['originals/'] },
    receives: ['image.processed'],
  },
  {
    kind: 'worker',
    name: 'mailer',
    database: true,
    mail: true,
    receives: ['payment.succeeded', 'verification.requested', 'reset.requested'],
  },
  {
    kind: 'worker',
    name: 'imager',
    database: true,
    watches: ['originals/'],
    uploads: { reads: ['originals/'], writes: ['media/'] },
    publishes: ['image.processed'],
    // Five are received at a time and made one by one.
    queue: { visibilityTimeoutSeconds: 180 },
  },
];

/** Returns the definitions whose condition holds in an environment. */
export const definitionsFor = (
  definitions: readonly ServiceDefinition[],
  environment: Readonly<Record<Condition, boolean>>,
): readonly ServiceDefinition[] =>
  definitions.filter(({ condition }) => condition === undefined || environment[condition]);

/** Returns where the code of a service or worker is, from the root of the repository. */
export const folderOf = ({ kind, name }: ServiceDefinition): string => `app/${kind}s/${name}`;

/** Returns all patterns routed to a service: its own and that of its OpenAPI description, unless its own cover it. */
export function routesOf({ name, paths }: HttpServiceDefinition): readonly string[] {
  return paths.includes(`/api/${name}/*`) ? paths : [...paths, `/api/${name}/openapi.json`];
}

/** Whether a service or worker uses Redis: HTTP services count requests in it, sessions and the pace of mails are in it. */
export const usesRedis = ({ kind, sessions, mail }: ServiceDefinition): boolean =>
  kind === 'service' || sessions !== undefined || mail === true;

/** Whether a service or worker has a queue of its own. */
export const hasQueue = ({ receives, watches }: ServiceDefinition): boolean =>
  receives !== undefined || watches !== undefined;
