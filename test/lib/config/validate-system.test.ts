import { expect, test } from '@jest/globals';

import { system } from '../../../lib/system.ts';
import type { ServiceDefinition } from '../../../lib/system.ts';
import { faultsOf, realProvider, systemWith } from './faults.ts';

test.each<[string, ServiceDefinition[], string[]]>([
  [
    'a path claimed twice',
    systemWith('payments', { paths: ['/api/payments', '/api/orders'] }),
    ['path "/api/orders" is claimed twice, by orders and payments'],
  ],
  [
    'a path that crosses that of another service',
    systemWith('auth', { paths: ['/api/auth/*', '/sandbox*/login'] }),
    [
      'path "/sandbox/*" of sandbox overlaps "/sandbox*/login" of auth, and neither is more specific: narrow one of them',
    ],
  ],
  [
    'a path of the uploads bucket',
    systemWith('auth', { paths: ['/media/*', '/media/mine', '/med*'] }),
    ['/media/*', '/media/mine'].map(
      (path) => `path "${path}" of auth is within /media/*, where the CDN serves the uploads bucket: choose another`,
    ),
  ],
  [
    'a path that ALB refuses',
    systemWith('auth', { paths: ['/api/auth/*', 'login'] }),
    [`auth: path "login" is not a path pattern of ALB: give / and up to 127 letters, digits or _-.$/~"'@:+&*?`],
  ],
  [
    'a queue without events',
    systemWith('catalog', { queue: { maxReceives: 3 } }),
    ['catalog has settings for a queue, but receives no event: drop `queue` or give it `receives`'],
  ],
  [
    'mail without a queue of events',
    systemWith('catalog', { mail: true }),
    ['catalog sends mail, and has no queue for the bounces that SES reports with its events: give it `receives`'],
  ],
  [
    'a worker without events',
    systemWith('mailer', { receives: [] }),
    [
      'worker mailer receives no event: give it `receives` or `watches`',
      'auth publishes "verification.requested", which no service or worker receives',
      'auth publishes "reset.requested", which no service or worker receives',
    ],
  ],
  [
    'an event that is never received',
    systemWith('auth', { publishes: ['verification.requested', 'reset.requested', 'user.registered'] }),
    ['auth publishes "user.registered", which no service or worker receives'],
  ],
  [
    'an event that is never published',
    systemWith('mailer', {
      receives: ['payment.succeeded', 'verification.requested', 'reset.requested', 'user.registered'],
    }),
    ['mailer receives "user.registered", which no service or worker publishes'],
  ],
  [
    'a call to an unknown service',
    systemWith('orders', { calls: ['example'] }),
    ['orders calls "example", which is not in the table'],
  ],
  [
    'a call to a misspelt service',
    systemWith('orders', { calls: ['catlog'] }),
    ['orders calls "catlog", which is not in the table: did you mean "catalog"?'],
  ],
  ['a call to a worker', systemWith('orders', { calls: ['mailer'] }), ['orders calls "mailer", which is a worker']],
  [
    'a name twice',
    [...system, { kind: 'worker', name: 'mailer', database: true, receives: ['payment.succeeded'] }],
    ['"mailer" is in the table twice'],
  ],
  [
    'a service without code',
    [...system, { kind: 'service', name: 'example', paths: ['/api/example/*'] }],
    ['service example has no app/services/example/main.ts: write it'],
  ],
  [
    'a database without tables',
    [...system, { kind: 'service', name: 'example', paths: ['/api/example/*'], database: true }],
    [
      'service example has no app/services/example/main.ts: write it',
      'service example has a database and no app/services/example/migrations/*.sql: write its tables there, or drop `database`',
    ],
  ],
  [
    'tables without a database',
    systemWith('catalog', { database: undefined }),
    ['service catalog has app/services/catalog/migrations, which never run: give it `database: true`'],
  ],
  [
    'events without a database for the outbox',
    systemWith('payments', { database: undefined }),
    [
      'service payments has app/services/payments/migrations, which never run: give it `database: true`',
      'service payments publishes, and has no database for the outbox: give it `database: true`',
    ],
  ],
  [
    'a name whose rule has the priority of another',
    [...system, { kind: 'service', name: 's11675', paths: ['/api/example/*'] }],
    [
      'service s11675 has no app/services/s11675/main.ts: write it',
      'the load balancer\'s rules "auth" and "s11675" both get priority 49605: rename a service',
    ],
  ],
  [
    'a name that a database role cannot have',
    [...system, { kind: 'service', name: 'Example-1', paths: ['/api/example'] }],
    [
      'service "Example-1": a name is up to 30 lower-case letters and digits, since it also names a database role',
      'service Example-1 has no app/services/Example-1/main.ts: write it',
    ],
  ],
])('%s in the table is refused by name', (_what, definitions, expected) => {
  expect(faultsOf({ definitions })).toEqual(expected);
});

test('the sandbox provider cannot be called in an environment without it', () => {
  const definitions = systemWith('payments', { calls: ['sandbox'] });
  expect(faultsOf({ props: realProvider, definitions })).toEqual([
    'payments calls "sandbox", which is not in the table',
  ]);
});

test('a sandbox provider that exists beside the real one, whose key it would get, is refused', () => {
  expect(faultsOf({ definitions: systemWith('sandbox', { condition: undefined }) })).toEqual([
    "service sandbox is the sandbox provider without `condition: 'sandbox'`: elsewhere it would get the key of the real provider",
  ]);
});

test('a path within that of another service is accepted', () => {
  const definitions = systemWith('auth', { paths: ['/api/auth/*', '/api/products/*/example', '/sandbox/login'] });
  expect(faultsOf({ definitions })).toEqual([]);
});

test('patterns within those of ten other services are refused, since priorities run out', () => {
  const definitions = Array.from({ length: 11 }, (_, index): ServiceDefinition => ({
    kind: 'service',
    name: `s${index}`,
    paths: [`/${'x'.repeat(index)}*`],
  }));
  expect(faultsOf({ definitions }).filter((fault) => !fault.includes('main.ts'))).toEqual([
    'path "/xxxxxxxxxx*" of s10 is within those of more than 9 other services: priorities run out',
  ]);
});
