import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { createShopper, type Shopper } from '../support/shopper.ts';
import { startSystem, type System } from '../support/system.ts';

let assembly: string;
let system: System;
beforeAll(async () => {
  assembly = mkdtempSync(join(tmpdir(), 'headroom-apply-'));
  execFileSync(process.execPath, ['bin/headroom.ts'], {
    env: { ...process.env, CDK_OUTDIR: assembly, CDK_CONTEXT_JSON: JSON.stringify({ env: 'local' }) },
  });
  system = await startSystem({ args: ['--assembly', assembly] });
});
afterAll(async () => {
  await system?.dispose();
  rmSync(assembly, { recursive: true, force: true });
});

interface Template {
  readonly Resources: Record<string, { Type: string; Properties?: any }>; // oxlint-disable-line typescript/no-explicit-any -- properties of any type
}

/** Changes the template of one stack. */
function edit(stack: string, change: (resources: Template['Resources']) => void): void {
  const folder = join(assembly, 'assembly-local');
  const file = readdirSync(folder).find((name) => new RegExp(`^local${stack}.*\\.template\\.json$`).test(name)) ?? '';
  const template = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Template;
  change(template.Resources);
  writeFileSync(join(folder, file), JSON.stringify(template));
}

/** Sets an environment variable of the tasks of these services. */
const setVariable = (Name: string, Value: string, isOf = /^catalogTask[0-9A-F]{8}$/) =>
  edit('Services', (resources) => {
    for (const [id, { Type, Properties }] of Object.entries(resources)) {
      if (Type !== 'AWS::ECS::TaskDefinition' || !isOf.test(id)) continue;
      const [container] = Properties.ContainerDefinitions;
      const others = container.Environment.filter((variable: { Name: string }) => variable.Name !== Name);
      container.Environment = [...others, { Name, Value }];
    }
  });

const service = async (name: string) => (await system.status()).services.find((each) => each.name === name);
const tasksOf = async (name: string) => (await service(name))?.tasks.map(({ id }) => id) ?? [];

test('an unchanged assembly changes nothing', async () => {
  expect(await system.apply()).toEqual({ created: [], updated: [], restarted: [], replaced: [], removed: [] });
});

test('a changed variable is rolled out by its service only, without a failed request', async () => {
  const before = { catalog: await tasksOf('catalog'), auth: await tasksOf('auth') };
  // Many clients, of which none sends more than its limit.
  const shoppers = Array.from({ length: 100 }, () => createShopper(system.edge));
  let turn = 0;
  let reading = true;
  const statuses = new Map<number, number>();
  const reader = async () => {
    while (reading) {
      const shopper = shoppers[(turn += 1) % shoppers.length]!;
      // A read that no cache responds to, so that it reaches a task.
      const { status } = await shopper.products('?ids=the-shawshank-redemption-1994');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const readers = [reader(), reader()];
  setVariable('EXTRA', '1');
  const changes = await system.apply();
  reading = false;
  await Promise.all(readers);
  expect([changes.replaced, changes.updated].map((keys) => keys.map((key) => key.split('/')[1]?.slice(0, -8)))).toEqual(
    [['catalogTask'], ['catalogService']],
  );
  const after = { catalog: await tasksOf('catalog'), auth: await tasksOf('auth') };
  expect(after.catalog).toHaveLength(2);
  expect(after.catalog.filter((id) => before.catalog.includes(id))).toEqual([]);
  expect(after.auth).toEqual(before.auth);
  expect([...statuses.keys()]).toEqual([200]);
});

test('when every task of every service is replaced under load, no request fails, and sessions and orders remain', async () => {
  const tasks = async () => (await system.status()).services.flatMap((each) => each.tasks.map(({ id }) => id));
  const before = await tasks();
  const shoppers = Array.from({ length: 8 }, () => createShopper(system.edge));
  for (const shopper of shoppers) expect((await shopper.register()).status).toBe(201);
  let buying = true;
  const paid = new Map<string, string[]>();
  const failed: string[] = [];
  const buy = async (shopper: Shopper) => {
    const own: string[] = [];
    paid.set(shopper.email, own);
    while (buying) {
      const order = await shopper.order([{ productId: 'the-shawshank-redemption-1994', quantity: 1 }]);
      const payment = await shopper.pay(order.body.id);
      const { status } = await shopper.me();
      const seen = `${order.status} ${payment.status} ${status}`;
      if (seen === '201 201 200') own.push(order.body.id);
      else failed.push(seen);
      // Each stays within the limit of its address.
      await sleep(200);
    }
  };
  const buyers = shoppers.map(buy);
  setVariable('EXTRA', '2', /Task/);
  await system.apply();
  buying = false;
  await Promise.all(buyers);
  expect(failed).toEqual([]);
  expect((await tasks()).filter((id) => before.includes(id))).toEqual([]);
  expect(await tasks()).toHaveLength(before.length);
  for (const shopper of shoppers) {
    const own = paid.get(shopper.email)!;
    expect(own.length).toBeGreaterThan(0);
    expect(await shopper.me()).toMatchObject({ status: 200, body: { email: shopper.email } });
    for (const id of own) expect((await shopper.send('GET', `/api/orders/${id}`)).status).toBe(200);
  }
});

test('a crashing version is rolled back, the old tasks keep running, and the next apply repairs it', async () => {
  const before = await tasksOf('catalog');
  setVariable('LOG_LEVEL', 'no such level');
  await expect(system.apply()).rejects.toThrow(/catalog/);
  expect(await tasksOf('catalog')).toEqual(before);
  expect((await createShopper(system.edge).products('?ids=the-shawshank-redemption-1994')).status).toBe(200);
  setVariable('LOG_LEVEL', 'info');
  await system.apply();
  expect(await service('catalog')).toMatchObject({ desired: 2, healthy: 2 });
  expect((await system.status()).resources.filter(({ state }) => state === 'failed')).toEqual([]);
});

test('a new queue is created, and removed by the next apply', async () => {
  edit('Data', (resources) => void (resources['Extra'] = { Type: 'AWS::SQS::Queue' }));
  expect((await system.apply()).created).toEqual(['headroom-local-data/Extra']);
  expect((await system.status()).queues.map(({ name }) => name)).toContainEqual(expect.stringContaining('Extra'));
  edit('Data', (resources) => void delete resources['Extra']);
  expect((await system.apply()).removed).toEqual(['headroom-local-data/Extra']);
  expect((await system.status()).queues.map(({ name }) => name)).not.toContainEqual(expect.stringContaining('Extra'));
});
