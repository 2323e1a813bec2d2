import { expect, test } from '@jest/globals';

import { memoryGiBOf } from '../../../lib/config/instance-memory.ts';
import { proxyPercent } from '../../../lib/config/validate-connections.ts';
import { faultsOf } from './faults.ts';

test('tasks that open more connections than the database accepts are refused, with the numbers', () => {
  // 20 each of eight services and workers, twice, with two connections each; 2 and 10 more.
  expect(faultsOf({ props: { tasks: { max: 20 } } })).toEqual([
    'database.maxConnections is 400, but the primary needs up to 652: 160 tasks of catalog, auth, orders, payments, sandbox, images, mailer, imager (tasks.max, services.<name>.max), twice as many during a deployment, each with 2 (database.poolSize), 2 of the migrations and 10 reserved. Lower one of these, set database.proxy, or raise database.maxConnections; t4g.medium has memory for 422',
  ]);
});

test('each of the settings that the fault names removes it', () => {
  const tasks = { max: 20 };
  expect(faultsOf({ props: { tasks, database: { poolSize: 1 } } })).toEqual([]);
  const few = { max: 3 };
  const services = { catalog: few, images: few, imager: few, mailer: few };
  expect(faultsOf({ props: { tasks, services } })).toEqual([]);
  expect(faultsOf({ props: { tasks, database: { instanceType: 'm7g.large', maxConnections: 652 } } })).toEqual([]);
});

test('behind a proxy only replicas have to accept the connections of all tasks', () => {
  const tasks = { max: 20 };
  expect(faultsOf({ props: { tasks, database: { proxy: true, replicas: 0 } } })).toEqual([]);
  expect(faultsOf({ props: { tasks, database: { proxy: true } } })).toEqual([
    expect.stringMatching(/but a replica needs up to 650: .* Lower one of these, or raise database\.maxConnections/),
  ]);
  expect(proxyPercent(400)).toBe(97);
});

test('a service without a database needs no connection', () => {
  const definitions = [{ kind: 'service' as const, name: 'sandbox', paths: ['/'] }];
  const faults = faultsOf({ props: { tasks: { max: 5000 } }, definitions });
  expect(faults.filter((fault) => fault.includes('maxConnections'))).toEqual([]);
});

test('more connections than the instance class has memory for are refused', () => {
  expect(faultsOf({ props: { database: { instanceType: 't4g.micro' }, tasks: { max: 2 } } })).toEqual([
    'database.maxConnections is 400, but t4g.micro has memory for 84: lower it, or choose a larger database.instanceType',
  ]);
});

test.each([
  [{ poolSize: 0 }, 'database.poolSize is 0: give 1 to 100'],
  [{ maxConnections: 9000, instanceType: 'r8g.48xlarge' }, 'database.maxConnections is 9000: give 1 to 5000'],
])('%j is refused', (database, fault) => {
  expect(faultsOf({ props: { database } })).toContain(fault);
});

// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
test.each([
  ['t4g.micro', 1],
  ['t3.medium', 4],
  ['t4g.2xlarge', 32],
  ['m7g.large', 8],
  ['m7i.48xlarge', 768],
  ['r6idn.xlarge', 32],
  ['r8g.16xlarge', 512],
  ['x2g.large', 32],
  ['x2idn.16xlarge', 1024],
  ['x2iedn.xlarge', 128],
])('%s has %i GiB', (instanceType, memory) => {
  expect(memoryGiBOf(instanceType)).toBe(memory);
});
