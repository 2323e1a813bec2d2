import { describe, expect, test } from '@jest/globals';

import { createApp } from '../../../lib/app.ts';
import type { EnvironmentProps } from '../../../lib/config/environment-props.ts';
import { environments } from '../../../lib/config/environments.ts';
import { validate } from '../../../lib/config/validate.ts';
import { system } from '../../../lib/system.ts';
import { temporaryOutdir } from '../stack.ts';
import { apart, faultsOf, good, linesOf, realProvider, systemWith } from './faults.ts';

test('the environments of the repository are accepted', () => {
  expect(() => validate(system, environments)).not.toThrow();
});

test('an unknown environment is refused by name, with those that exist', () => {
  expect(() => createApp(system, environments, { outdir: temporaryOutdir(), context: { env: 'produ' } })).toThrow(
    'there is no environment "produ", only dev, staging, prod, local: did you mean "prod"?',
  );
});

test('all faults of all environments are listed at once', () => {
  const broken = {
    a: { ...good, mailFrom: 'nobody' },
    b: { ...good, region: 'ap-northeast-3', tasks: { min: 9, max: 3 } },
  };
  expect(() => createApp(system, apart(broken), { outdir: temporaryOutdir() })).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /a: mailFrom is "nobody"[^]*b: the CloudFront prefix list of ap-northeast-3[^]*b: tasks.min is 9/,
      ),
    }),
  );
});

test('a fault of several environments is listed once, with their names', () => {
  const tasks = { max: 6000 };
  expect(linesOf(system, apart({ a: { ...good, tasks }, b: good, c: { ...good, tasks } }))).toEqual([
    'a, c: tasks.max is 6000: ECS takes 1 to 5000',
  ]);
});

test('a fault of the table is listed once, with the environments that have it unless all do', () => {
  const a: EnvironmentProps = { ...good, ...realProvider };
  const calls = systemWith('payments', { calls: ['sandbox', 'mailer'] });
  expect(linesOf(calls, apart({ a, b: good, c: a }))).toEqual([
    'lib/system.ts in a, c: payments calls "sandbox", which is not in the table',
    'lib/system.ts: payments calls "mailer", which is a worker',
  ]);
});

describe('environments together', () => {
  const a = { ...good, mailFrom: 'orders@a.example.com', cidr: '10.0.0.0/16' };
  const b = { ...good, mailFrom: 'orders@b.example.com', cidr: '10.1.0.0/16' };

  test('that have a range and a sender each are accepted', () => {
    expect(linesOf(system, { a, b })).toEqual([]);
  });

  test.each([
    ['10.0.0.0/16', 'cidr is 10.0.0.0/16 in both: give each environment a range of its own'],
    ['10.0.128.0/17', 'cidr 10.0.0.0/16 overlaps 10.0.128.0/17: give each environment a range of its own'],
  ])('are refused when one has 10.0.0.0/16 and the other %s', (cidr, fault) => {
    expect(linesOf(system, { a, b: { ...b, cidr } })).toEqual([`a, b: ${fault}`]);
    expect(linesOf(system, { b: { ...b, cidr }, a })).toEqual([`b, a: ${fault}`]);
  });

  test('are refused with one sender in an account and region, whatever its case', () => {
    const fault = 'for one account and region: give each environment an address of its own';
    const same = { ...b, mailFrom: 'Orders@a.example.com' };
    expect(linesOf(system, { a, b: same })).toEqual([expect.stringContaining(fault)]);
    expect(linesOf(system, { a, b: { ...same, account: '111122223333' } })).toEqual([expect.stringContaining(fault)]);
  });

  test('may share a sender across accounts or regions', () => {
    const mailFrom = a.mailFrom;
    const accounts = { a: { ...a, account: '111122223333' }, b: { ...b, mailFrom, account: '444455556666' } };
    expect(linesOf(system, accounts)).toEqual([]);
    expect(linesOf(system, { a, b: { ...b, mailFrom, region: 'eu-west-2' } })).toEqual([]);
  });

  test('are checked for what they share when one of them is synthesized, and for nothing else', () => {
    const create = (name: string) => () =>
      createApp(
        [],
        { a, b: { ...b, cidr: a.cidr, tasks: { max: 6000 } }, c: { ...b, mailFrom: 'c@example.com' } },
        { outdir: temporaryOutdir(), context: { env: name } },
      );
    expect(create('a')).toThrow(/^The configuration is refused:\n {2}- a, b: cidr is 10\.0\.0\.0\/16 in both: [^\n]*$/);
    expect(create('c')).not.toThrow();
  });
});

test.each<[string, object, string]>([
  ['a key', { taks: { max: 4 } }, 'there is no setting taks: did you mean "tasks"?'],
  ['a nested key', { database: { replica: 1 } }, 'there is no setting database.replica: did you mean "replicas"?'],
  [
    'a key of a service',
    { services: { mailer: { mn: 1 } } },
    'there is no setting services.mailer.mn: did you mean "min"?',
  ],
  ['a key like none', { redis: { colour: 'red' } }, 'there is no setting redis.colour: give one of nodeType, multiAz'],
  ['a choice', { nat: 'per_az' }, 'nat is "per_az": did you mean "per-az"?'],
  ['a choice like none', { nat: 'gateway' }, 'nat is "gateway": give one of none, instance, one, per-az'],
])('%s that does not exist is refused by name, with the nearest one', (_what, props, fault) => {
  expect(faultsOf({ props })).toEqual([fault]);
});

test.each<[object, string]>([
  [{ tasks: { max: '4' } }, 'tasks.max is "4", a string: give a number'],
  [{ protect: 'no' }, 'protect is "no", a string: give a boolean'],
  [{ region: 7 }, 'region is 7, a number: give a string'],
  [{ database: true }, 'database is true, a boolean: give an object'],
  [{ database: null }, 'database is null: give an object'],
  [{ uploadOrigins: 'https://shop.example.com' }, 'uploadOrigins is "https://shop.example.com", a string: give a list'],
  [{ uploadOrigins: [1] }, 'uploadOrigins[0] is 1, a number: give a string'],
  [{ tasks: [] }, 'tasks is a list: give an object'],
  [{ mailFrom: undefined }, 'mailFrom is missing: give the address that mail is sent from'],
])('%j is refused in plain words', (props, fault) => {
  expect(faultsOf({ props })).toEqual([fault]);
});

test('a misspelt required key is one fault', () => {
  const broken = { mialFrom: 'orders@example.com', sandbox: true } as unknown as EnvironmentProps;
  expect(linesOf(system, { a: broken })).toEqual(['a: there is no setting mialFrom: did you mean "mailFrom"?']);
});

test('a setting that is undefined has its default', () => {
  const props = { nat: undefined, tasks: { max: undefined }, services: { auth: { min: undefined } } };
  expect(faultsOf({ props })).toEqual([]);
});

test('a wrong type is one fault of the environment, with nothing that only follows from it', () => {
  const broken = { ...good, sandbox: 'yes', tasks: { max: '4' } } as unknown as EnvironmentProps;
  expect(linesOf(system, apart({ a: good, b: broken }))).toEqual([
    'b: sandbox is "yes", a string: give a boolean',
    'b: tasks.max is "4", a string: give a number',
  ]);
});

test.each<[string, object, string]>([
  ['a misspelt key', { call: ['catalog'] }, 'there is no setting orders.call: did you mean "calls"?'],
  [
    'a nested one',
    { queue: { maxReceive: 3 } },
    'there is no setting orders.queue.maxReceive: did you mean "maxReceives"?',
  ],
  ['a wrong type', { paths: '/api/orders' }, 'orders.paths is "/api/orders", a string: give a list'],
  ['a capability that is off', { database: false }, 'orders.database is false: give true'],
  ['a missing key', { paths: undefined }, 'orders.paths is missing: give the path patterns that reach it'],
  ['an unknown kind', { kind: 'servce' }, 'orders.kind is "servce": did you mean "service"?'],
  ['a key of another kind', { kind: 'worker' }, 'there is no setting orders.paths: give one of name'],
])('in the table, %s is refused once for all environments', (_what, changes, fault) => {
  expect(linesOf(systemWith('orders', changes), apart({ a: good, b: good }))).toEqual([
    expect.stringContaining(`lib/system.ts: ${fault}`),
  ]);
});
