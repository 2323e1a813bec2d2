import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { eventually } from '../support/eventually.ts';
import { expectLoopbackOnly, portsOf } from '../support/loopback-only.ts';
import { startSystem, type System } from '../support/system.ts';

let assembly: string;
let system: System;
beforeAll(async () => {
  assembly = mkdtempSync(join(tmpdir(), 'headroom-foreign-'));
  execFileSync(process.execPath, [resolve(import.meta.dirname, 'foreign-app/app.ts'), assembly], { stdio: 'pipe' });
  system = await startSystem({ args: ['--assembly', assembly] });
});
afterAll(async () => {
  await system?.dispose();
  rmSync(assembly, { recursive: true, force: true });
});

const url = async () => (await system.status()).loadBalancers[0]?.url ?? '';

test('a service of another CDK app uses its database, bucket and queue behind its load balancer', async () => {
  const response = await fetch(`${await url()}/?text=hello`, { method: 'POST' });
  expect(await response.json()).toEqual({ greeting: 'hello from a Dockerfile', stored: 'HELLO' });
  const { queues, services, databases } = await system.status();
  expect(queues).toEqual([{ name: expect.any(String), waiting: 1, inFlight: 0, dead: 0 }]);
  expect(services).toMatchObject([{ desired: 2, healthy: 2 }]);
  expect(databases).toMatchObject([{ role: 'primary' }]);
});

test('the summary shows the load balancer, and no line for a missing CDN or Redis', async () => {
  const summary = system.output().slice(system.output().indexOf('Headroom is up'));
  expect(summary).toContain(`open      ${await url()}`);
  expect(summary).not.toMatch(/Redis|replica|\n {2}\w+ *\n/);
});

test('no port is open to the network', async () => {
  const ports = portsOf(await system.status());
  expect(Object.keys(ports).length).toBeGreaterThanOrEqual(5);
  await expectLoopbackOnly(ports);
});

test('a killed task is replaced', async () => {
  const [service] = (await system.status()).services;
  const victim = service?.tasks[0]?.id ?? '';
  await system.act(service?.key ?? '', 'kill', { task: victim });
  await eventually(async () => {
    const [now] = (await system.status()).services;
    expect(now?.healthy).toBe(2);
    expect(now?.tasks.map(({ id }) => id)).not.toContain(victim);
  }, 60_000);
});
