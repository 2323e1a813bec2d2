import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { connect } from '../../local/client.ts';
import { processesWith } from '../../local/host/processes.ts';
import { eventually } from '../support/eventually.ts';
import { createShopper } from '../support/shopper.ts';
import { cli, freePorts, newStateDir, startSystem, type System } from '../support/system.ts';

const processesOf = (stateDir: string): number[] => processesWith(stateDir).map(({ pid }) => pid);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const systems: System[] = [];
const start = async (stateDir: string) => {
  const system = await startSystem({ stateDir });
  systems.push(system);
  return system;
};
afterEach(async () => {
  for (const system of systems.splice(0)) await system.dispose();
});

const taskPids = async (system: System) =>
  (await system.status()).services.flatMap(({ tasks }) => tasks.map(({ pid }) => pid));

async function expectOrder(system: System, email: string, id: string): Promise<void> {
  const returning = createShopper(system.edge, email);
  expect(await returning.login()).toMatchObject({ status: 200 });
  expect(await returning.send('GET', `/api/orders/${id}`)).toMatchObject({ status: 200, body: { id } });
}

test('a second start is refused; orders survive Ctrl-C and a kill -9 of all processes', async () => {
  const stateDir = newStateDir();
  const first = await start(stateDir);
  const { email, register, products, order } = createShopper(first.edge);
  await register();
  const [product] = (await products('?limit=1')).body.items;
  const { status, body } = await order([{ productId: product.id, quantity: 1 }]);
  expect(status).toBe(201);

  const another = await cli(['start'], stateDir);
  expect(another.code).toBe(1);
  expect(another.output).toContain(`${first.process.pid}`);

  const pids = await taskPids(first);
  expect(await first.stop()).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(processesOf(stateDir)).toEqual([]);

  const second = await start(stateDir);
  await expectOrder(second, email, body.id);

  // Kills the runtime, the databases, Redis and every task, so that none can clean up.
  const all = [second.process.pid ?? 0, ...(await taskPids(second)), ...processesOf(stateDir)];
  for (const pid of all.filter(isAlive)) process.kill(pid, 'SIGKILL');

  await expectOrder(await start(stateDir), email, body.id);
});

test('after a kill -9 of the runtime alone, the next start ends its tasks', async () => {
  const stateDir = newStateDir();
  const first = await start(stateDir);
  const pids = await taskPids(first);
  first.process.kill('SIGKILL');
  await start(stateDir);
  await eventually(async () => expect(pids.filter(isAlive)).toEqual([]));
});

/** Runs `npm start` from a shell, on free ports. */
async function npmStart(stateDir: string, more = '') {
  const [port, endpointPort] = await freePorts(2);
  // Of all umasks the one that hides nothing.
  const command = `npm start -- --port ${port} --endpoint-port ${endpointPort} --state ${stateDir}`;
  return spawn('bash', ['-c', `umask 0; ${more === '' ? 'exec ' : ''}${command} ${more}`], {
    cwd: resolve(import.meta.dirname, '../..'),
    stdio: 'ignore',
  });
}
const isUp = async (stateDir: string) => {
  const { services } = await connect(stateDir).status();
  expect(services.length).toBeGreaterThan(0);
  for (const { desired, healthy } of services) expect(healthy).toBe(desired);
};

/**
 * Returns the files, folders and sockets of a state folder that others than the owner could use if they could enter it.
 * Not the assembly, whose files have the modes that images need.
 */
const openToOthers = (stateDir: string): string[] =>
  readdirSync(stateDir, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.split('/')[0] !== 'assembly')
    .filter((path) => {
      const stats = lstatSync(join(stateDir, path), { throwIfNoEntry: false });
      return stats !== undefined && !stats.isSymbolicLink() && (stats.mode & 0o077) !== 0;
    });

test('SIGTERM to npm start, as sent by editors and supervisors, stops everything in order; what it stored is for its owner alone', async () => {
  const stateDir = newStateDir();
  const npm = await npmStart(stateDir);
  const exited = once(npm, 'exit');
  await eventually(() => isUp(stateDir), 60_000);
  expect(statSync(stateDir).mode & 0o777).toBe(0o700);
  expect(openToOthers(stateDir)).toEqual([]);
  npm.kill('SIGTERM');
  await exited;
  await eventually(async () => expect(processesOf(stateDir)).toEqual([]));
  rmSync(stateDir, { recursive: true });
});

test('Ctrl-C in the terminal of npm start stops everything in order, although npm passes it on as well', async () => {
  const stateDir = newStateDir();
  const [port, endpointPort] = await freePorts(2);
  const npm = spawn(
    'npm',
    ['start', '--', '--port', `${port}`, '--endpoint-port', `${endpointPort}`, '--state', stateDir],
    { cwd: resolve(import.meta.dirname, '../..'), stdio: ['ignore', 'pipe', 'ignore'], detached: true },
  );
  let output = '';
  npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const closed = once(npm, 'close');
  await eventually(() => isUp(stateDir), 60_000);
  process.kill(-(npm.pid ?? 0), 'SIGINT');
  await closed;
  await eventually(async () => expect(output).toContain('Everything has stopped.'));
  expect(processesOf(stateDir)).toEqual([]);
  rmSync(stateDir, { recursive: true });
});

test('npm start | head keeps running after head has exited', async () => {
  const stateDir = newStateDir();
  const shell = await npmStart(stateDir, '| head -3');
  await eventually(() => isUp(stateDir), 60_000);
  const [service] = (await connect(stateDir).status()).services;
  // Prints to the console, which is closed by now.
  await connect(stateDir).act(service?.key ?? '', 'kill', { task: service?.tasks[0]?.id });
  await eventually(() => isUp(stateDir));
  const exited = once(shell, 'exit');
  for (const { pid, command } of processesWith(stateDir))
    if (command.includes('main.ts start')) process.kill(pid, 'SIGTERM');
  await exited;
  expect(processesOf(stateDir)).toEqual([]);
  rmSync(stateDir, { recursive: true });
});

test('a port in use is named with the option that changes it, and no process is left running', async () => {
  const stateDir = newStateDir();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const [endpointPort] = await freePorts(1);
  try {
    const { code, output } = await cli(['start', '--port', `${port}`, '--endpoint-port', `${endpointPort}`], stateDir);
    expect(code).toBe(1);
    expect(output).toContain(`${port}`);
    expect(output).toContain('--port');
    expect(processesOf(stateDir)).toEqual([]);
  } finally {
    taken.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
});
