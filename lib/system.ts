/** What every service and worker may say of itself. What it does not say, it does not get. */
interface Common {
  /** Folder under app/, database role and schema, container and ECS service name. */
  readonly name: string;
  /** A schema and a role of its own in the database. @default - no database */
  readonly database?: true;
  /** Signed-in users: the Redis cache and the session secret. @default - no sessions */
  readonly sessions?: true;
  /** Services it calls over HTTP, through the load balancer. @default - none */
  readonly calls?: readonly string[];
  /** Takes money: it is told where the card payment provider is. @default - it does not */
  readonly paymentProvider?: true;
  /** Event types it may publish. @default - none */
  readonly publishes?: readonly string[];
  /** Event types delivered to its own queue. @default - none, and no queue */
  readonly receives?: readonly string[];
  /** How its queue differs from `WorkQueue`'s defaults. @default - it does not */
  readonly queue?: { readonly visibilityTimeoutSeconds?: number; readonly maxReceives?: number };
  /** May send mail from the environment's address. @default - it may not */
  readonly mail?: true;
  /** Exists only where the environment has the sandbox payment provider. @default - everywhere */
  readonly sandboxOnly?: true;
}

/** An HTTP service in app/services/<name>, behind the load balancer. */
export interface HttpServiceDefinition extends Common {
  readonly kind: 'service';
  /** Path patterns (`*` and `?` as in ALB rules) that reach it. */
  readonly paths: readonly string[];
}

/** A worker in app/workers/<name>, fed by its queue. */
export interface WorkerDefinition extends Common {
  readonly kind: 'worker';
}

export type ServiceDefinition = HttpServiceDefinition | WorkerDefinition;

/** The whole system. Stacks, roles, security groups, routes and queues are made from these rows and nothing else. */
export const system: readonly ServiceDefinition[] = [
  {
    kind: 'service',
    name: 'catalog',
    // Health, too: what a monitor asks from outside. Each service answers it to the load balancer.
    paths: ['/', '/api/health', '/api/products', '/api/products/*'],
    database: true,
  },
  { kind: 'service', name: 'auth', paths: ['/api/auth/*'], database: true, sessions: true },
  {
    kind: 'service',
    name: 'orders',
    paths: ['/api/orders', '/api/orders/*'],
    database: true,
    sessions: true,
    calls: ['catalog'],
    receives: ['payment.succeeded'],
  },
  {
    kind: 'service',
    name: 'payments',
    paths: ['/api/payments', '/api/payments/*'],
    database: true,
    sessions: true,
    calls: ['orders'],
    paymentProvider: true,
    publishes: ['payment.succeeded'],
  },
  { kind: 'service', name: 'sandbox', paths: ['/sandbox/*'], database: true, sandboxOnly: true },
  { kind: 'worker', name: 'mailer', database: true, mail: true, receives: ['payment.succeeded'] },
];

/** The rows that exist in an environment. */
export const definitionsFor = (
  rows: readonly ServiceDefinition[],
  environment: { readonly sandbox: boolean },
): readonly ServiceDefinition[] => rows.filter((row) => environment.sandbox || !row.sandboxOnly);

/** Where a row's code is, from the root of the repository. */
export const folderOf = (row: ServiceDefinition): string => `app/${row.kind}s/${row.name}`;

/** All patterns routed to a service: its own and its API description, unless those cover it already. */
export function routesOf(row: HttpServiceDefinition): readonly string[] {
  const description = `/api/${row.name}/openapi.json`;
  return row.paths.includes(`/api/${row.name}/*`) ? row.paths : [...row.paths, description];
}
