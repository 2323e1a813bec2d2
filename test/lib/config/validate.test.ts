import { expect, test } from '@jest/globals';

import { createApp } from '../../../lib/app.ts';
import { withDefaults } from '../../../lib/config/environment.ts';
import type { EnvironmentProps } from '../../../lib/config/environment-props.ts';
import { environments } from '../../../lib/config/environments.ts';
import { ConfigurationError, validate } from '../../../lib/config/validate.ts';
import { system } from '../../../lib/system.ts';
import type { HttpServiceDefinition, ServiceDefinition, WorkerDefinition } from '../../../lib/system.ts';
import { temporaryOutdir } from '../stack.ts';

const good: EnvironmentProps = { mailFrom: 'orders@example.com', sandbox: true };

/** The faults of the system, changed as asked, in an environment changed as asked. */
function faults(props: Partial<EnvironmentProps>, rows: readonly ServiceDefinition[] = system): string[] {
  try {
    validate(rows, [withDefaults('test', { ...good, ...props })]);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace('  - test: ', ''));
  }
}

/** The table with one row changed. */
const withRow = (
  name: string,
  changes: Partial<HttpServiceDefinition> | Partial<WorkerDefinition>,
): ServiceDefinition[] =>
  system.map((row) => (row.name === name ? ({ ...row, ...changes } as ServiceDefinition) : row));

test('the environments of the repository are accepted', () => {
  expect(() =>
    validate(
      system,
      Object.entries(environments).map(([name, props]) => withDefaults(name, props)),
    ),
  ).not.toThrow();
});

test('an unknown environment is refused by name, with those that exist', () => {
  expect(() => createApp(system, environments, { outdir: temporaryOutdir(), context: { env: 'produ' } })).toThrow(
    'there is no environment "produ": there are dev, staging, prod, local',
  );
});

test('all faults of all environments are told at once', () => {
  const broken = {
    a: { ...good, mailFrom: 'nobody' },
    b: { ...good, region: 'mars-north-1', tasks: { min: 9, max: 3 } },
  };
  expect(() => createApp(system, broken, { outdir: temporaryOutdir() })).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /a: mailFrom is "nobody"[^]*b: the CloudFront prefix list of mars-north-1[^]*b: mailer: scaling/,
      ),
    }),
  );
});

test.each<[string, Partial<EnvironmentProps>, string]>([
  [
    'a scale minimum above its maximum',
    { services: { orders: { min: 4, max: 3 } } },
    'orders: scaling has min 4 above max 3',
  ],
  ['a service with one task', { services: { auth: { min: 1 } } }, 'auth: min is 1, a service needs at least 2'],
  ['a worker with no task', { services: { mailer: { min: 0 } } }, 'mailer: min is 0, a worker needs at least 1'],
  ['half a task', { services: { auth: { max: 2.5 } } }, 'auth: max is 2.5, ECS takes 1 to 5000'],
  [
    'CPU that Fargate lacks',
    { services: { auth: { cpu: 300 } } },
    'auth: cpu is 300, give one of 256, 512, 1024, 2048, 4096',
  ],
  [
    'memory that does not go with the CPU',
    { services: { auth: { cpu: 1024, memoryMiB: 512 } } },
    'auth: memoryMiB is 512, for 1024 CPU units Fargate takes 2048 to 8192 in steps of 1024',
  ],
  [
    'a negative drain',
    { services: { auth: { deregistrationSeconds: -1 } } },
    'auth: deregistrationSeconds is -1, ALB takes 0 to 3600',
  ],
  [
    'stickiness of no time',
    { services: { auth: { stickinessSeconds: 0 } } },
    'auth: stickinessSeconds is 0, ALB takes 1 to 604800 (leave it out for none)',
  ],
  [
    'settings for a service that does not exist',
    { services: { imager: { max: 50 } } },
    'services.imager is set, but there is no imager here: it has catalog, auth, orders, payments, sandbox, mailer',
  ],
  ['an account that is none', { account: '1234' }, 'account is "1234", not 12 digits'],
  ['one zone', { availabilityZones: ['eu-central-1a'] }, 'availabilityZones are 1: give two or three'],
  [
    'a zone twice',
    { availabilityZones: ['eu-central-1a', 'eu-central-1a'] },
    'availabilityZones name a zone twice: eu-central-1a, eu-central-1a',
  ],
  [
    'a zone elsewhere',
    { availabilityZones: ['eu-central-1a', 'eu-west-1b'] },
    'availability zone "eu-west-1b" is not in eu-central-1',
  ],
  [
    'a public address range',
    { cidr: '8.8.0.0/16' },
    'cidr is "8.8.0.0/16": give a private range of /16 to /18, which three zones need',
  ],
  [
    'an origin with a path',
    { uploadOrigins: ['https://a.example/x'] },
    'uploadOrigins has "https://a.example/x", not an origin such as https://shop.example.com',
  ],
  ['no payment provider', { sandbox: false }, 'there is no payment provider: set paymentProviderUrl, or sandbox'],
  [
    'two payment providers',
    { paymentProviderUrl: 'https://pay.example.com' },
    'both sandbox and paymentProviderUrl (https://pay.example.com) are set: payments go to one of them',
  ],
  [
    'a payment provider in clear',
    { sandbox: false, paymentProviderUrl: 'http://pay.example.com' },
    'paymentProviderUrl is "http://pay.example.com", not an https URL',
  ],
  [
    'a payment provider behind a port that security groups do not open',
    { sandbox: false, paymentProviderUrl: 'https://pay.example.com:8443' },
    'paymentProviderUrl is "https://pay.example.com:8443", but tasks reach port 443 only',
  ],
  [
    'a payment provider out of reach',
    { sandbox: false, paymentProviderUrl: 'https://pay.example.com', nat: 'none' },
    'nat is none, so tasks cannot reach https://pay.example.com: choose instance, one or per-az',
  ],
  ['more replicas than RDS has', { database: { replicas: 16 } }, 'database.replicas is 16, RDS takes 0 to 15'],
  [
    'replicas without backups',
    { database: { backupDays: 0 } },
    'database.backupDays is 0, but 1 replicas need backups: set at least 1',
  ],
  [
    'storage that cannot grow',
    { database: { storageGiB: 100, maxStorageGiB: 100 } },
    'database.maxStorageGiB is 100, which leaves 100 no room: at least 111',
  ],
  [
    'an instance type with its prefix',
    { database: { instanceType: 'db.t4g.micro' } },
    'database.instanceType is "db.t4g.micro", not a type such as t4g.medium',
  ],
])('%s is refused by name', (_what, props, fault) => {
  expect(faults(props)).toEqual([fault]);
});

test.each<[string, ServiceDefinition[], string[]]>([
  [
    'a path claimed twice',
    withRow('payments', { paths: ['/api/payments', '/api/orders'] }),
    ['path "/api/orders" is claimed twice, by orders and payments'],
  ],
  [
    'a path that another covers',
    withRow('auth', { paths: ['/api/auth/*', '/sandbox*/login'] }),
    [
      'path "/sandbox/*" of sandbox overlaps "/sandbox*/login" of auth, and neither is more specific: narrow one of them',
    ],
  ],
  [
    'a path that is none',
    withRow('auth', { paths: ['/api/auth/*', 'login'] }),
    ['auth: path "login" is not one that ALB rules take'],
  ],
  [
    'a queue without a worker',
    withRow('catalog', { queue: { maxReceives: 3 } }),
    ['queue "catalog" has no worker: catalog receives no event, so drop `queue` or give it `receives`'],
  ],
  [
    'a worker without a queue',
    withRow('mailer', { receives: [] }),
    ['worker mailer receives no event: give it `receives` or `watches`'],
  ],
  [
    'an event that nobody receives',
    withRow('auth', { publishes: ['user.registered'] }),
    ['auth publishes "user.registered", which nobody receives: no queue, no worker'],
  ],
  [
    'an event that nobody publishes',
    withRow('mailer', { receives: ['payment.succeeded', 'user.registered'] }),
    ['mailer receives "user.registered", which nobody publishes'],
  ],
  ['a call to nobody', withRow('orders', { calls: ['stock'] }), ['orders calls "stock", which is not in the table']],
  ['a call to a worker', withRow('orders', { calls: ['mailer'] }), ['orders calls "mailer", which is a worker']],
  [
    'a name twice',
    [...system, { kind: 'worker', name: 'mailer', database: true, receives: ['payment.succeeded'] }],
    ['"mailer" is in the table twice'],
  ],
  [
    'a service without code',
    [...system, { kind: 'service', name: 'stock', paths: ['/api/stock/*'] }],
    ['service stock has no app/services/stock/main.ts: write it'],
  ],
  [
    'a database without tables',
    [...system, { kind: 'service', name: 'stock', paths: ['/api/stock/*'], database: true }],
    [
      'service stock has no app/services/stock/main.ts: write it',
      'service stock has a database and no app/services/stock/migrations/*.sql: write its tables there, or drop `database`',
    ],
  ],
  [
    'tables without a database',
    withRow('catalog', { database: undefined }),
    ['service catalog has app/services/catalog/migrations, which nobody runs: give it `database: true`'],
  ],
  [
    'events with no database to wait in',
    withRow('payments', { database: undefined }),
    [
      'service payments has app/services/payments/migrations, which nobody runs: give it `database: true`',
      'service payments publishes, and has no database for the events to wait in: give it `database: true`',
    ],
  ],
  [
    'a name whose rule takes the place of another',
    [...system, { kind: 'service', name: 's11675', paths: ['/api/stock/*'] }],
    [
      'service s11675 has no app/services/s11675/main.ts: write it',
      'the load balancer\'s rules "auth" and "s11675" both get priority 49605: rename a service',
    ],
  ],
  [
    'a name that no database role can have',
    [...system, { kind: 'service', name: 'Stock-1', paths: ['/api/stock'] }],
    [
      'service "Stock-1": a name is up to 30 lower-case letters and digits, since it also names a database role',
      'service Stock-1 has no app/services/Stock-1/main.ts: write it',
    ],
  ],
])('%s in the table is refused by name', (_what, rows, expected) => {
  expect(faults({}, rows)).toEqual(expected);
});

test('the sandbox provider cannot be called where there is none', () => {
  const rows = withRow('payments', { calls: ['sandbox'] });
  expect(faults({ sandbox: false, paymentProviderUrl: 'https://pay.example.com' }, rows)).toEqual([
    'payments calls "sandbox", which is not in the table',
  ]);
});
