import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { docker } from '../../local/host/docker.ts';
import { expectLoopbackOnly, portsOf } from '../support/loopback-only.ts';
import { cli, startSystem, type System } from '../support/system.ts';
import { describeJourney } from './journey.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ args: ['--containers'] });
});

afterAll(() => system?.dispose());

const taskIds = async () => (await system.status()).services.flatMap(({ tasks }) => tasks.map(({ id }) => id));

test('containers are read-only and run as an ordinary user without capabilities', async () => {
  const ids = await taskIds();
  const containers = JSON.parse(await docker('inspect', ...ids.map((id) => `headroom-${id}`))) as unknown[];
  expect(containers).toEqual(
    ids.map(() =>
      expect.objectContaining({
        State: expect.objectContaining({ Running: true }),
        Config: expect.objectContaining({ User: 'node' }),
        HostConfig: expect.objectContaining({
          ReadonlyRootfs: true,
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges'],
        }),
      }),
    ),
  );
});

test('a server that listens on all interfaces of a container is on loopback', async () => {
  const [id] = await taskIds();
  const script = `const server = require('node:net').createServer();
    server.listen(0, '0.0.0.0', () => { console.log(server.address().address); server.close(); });`;
  expect(await docker('exec', `headroom-${id}`, 'node', '-e', script)).toBe('127.0.0.1');
  await expectLoopbackOnly(portsOf(await system.status()));
});

describeJourney(() => system);

test('a container that receives SIGTERM ends with exit code 0', async () => {
  const { services } = await system.status();
  const events = system.events(AbortSignal.timeout(120_000));
  const restarts = services.map(({ name }) => system.act(name, 'restart'));
  const ended: string[] = [];
  const old = new Set(services.flatMap(({ tasks }) => tasks.map(({ id }) => id)));
  for await (const event of events) {
    if (event.kind === 'part' && event.change === 'ended' && old.delete(event.part)) ended.push(event.message ?? '');
    if (old.size === 0) break;
  }
  await Promise.all(restarts);
  expect(new Set(ended)).toEqual(new Set(['exit code 0']));
});

const containersOf = ({ stateDir }: System) =>
  docker('ps', '--all', '--quiet', '--filter', `label=headroom=${stateDir}`);

test('no container is left behind', async () => {
  await system.stop();
  expect(await containersOf(system)).toBe('');
});

test('after a kill -9 of the runtime, the next start removes its containers, also a start without containers', async () => {
  const killed = await startSystem({ args: ['--containers'] });
  try {
    killed.process.kill('SIGKILL');
    expect(await containersOf(killed)).not.toBe('');
    await cli(['start', '--fresh', '--assembly', '/no/such/folder'], killed.stateDir);
    expect(await containersOf(killed)).toBe('');
  } finally {
    await killed.dispose();
  }
});
