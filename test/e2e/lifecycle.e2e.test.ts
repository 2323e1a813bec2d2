import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { createShopper } from '../support/shopper.ts';
import { cli, freePorts, newStateDir, startSystem } from '../support/system.ts';

jest.setTimeout(180_000);

/** Processes whose command line names this state folder or that were started under it. */
function processesOf(stateDir: string): string[] {
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(stateDir) && !line.includes('ps -eo'));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('Ctrl-C stops everything, and what was bought is there at the next start', async () => {
  const stateDir = newStateDir();
  try {
    const first = await startSystem({ stateDir });
    const shopper = createShopper(first.edge);
    await shopper.register();
    const { body: page } = await shopper.products('?limit=1');
    const order = await shopper.order([{ productId: page.items[0].id, quantity: 1 }]);
    expect(order.status).toBe(201);
    const pids = (await first.status()).services.flatMap(({ tasks }) => tasks.map(({ pid }) => pid));

    expect(await first.interrupt()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(processesOf(stateDir)).toEqual([]);

    const second = await startSystem({ stateDir });
    const returning = createShopper(second.edge);
    Object.assign(returning, { email: shopper.email });
    expect(
      await returning.send('POST', '/api/auth/login', {
        json: { email: shopper.email, password: 'correct horse battery staple' },
      }),
    ).toMatchObject({ status: 200 });
    expect((await returning.send('GET', `/api/orders/${order.body.id}`)).body.id).toBe(order.body.id);

    // Everything at once, without a chance to clean up: the runtime, the databases, Redis, every task.
    const { services } = await second.status();
    second.process.kill('SIGKILL');
    for (const line of processesOf(stateDir)) {
      const pid = Number.parseInt(line, 10);
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
    for (const pid of services.flatMap(({ tasks }) => tasks.map((task) => task.pid)))
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');

    const third = await startSystem({ stateDir });
    const again = createShopper(third.edge);
    await again.send('POST', '/api/auth/login', {
      json: { email: shopper.email, password: 'correct horse battery staple' },
    });
    expect((await again.send('GET', `/api/orders/${order.body.id}`)).body.id).toBe(order.body.id);
    await third.dispose();
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
});

test('after a kill -9 of the runtime alone, the next start ends what it left behind', async () => {
  const stateDir = newStateDir();
  const first = await startSystem({ stateDir });
  const pids = (await first.status()).services.flatMap(({ tasks }) => tasks.map(({ pid }) => pid));
  first.process.kill('SIGKILL');
  const second = await startSystem({ stateDir });
  await eventually(async () => expect(pids.filter(isAlive)).toEqual([]));
  await second.dispose();
});

test('a second start is refused, naming the one that runs', async () => {
  const system = await startSystem();
  try {
    const { code, output } = await cli(['start'], system.stateDir);
    expect(code).toBe(1);
    expect(output).toContain(`${system.process.pid}`);
  } finally {
    await system.dispose();
  }
});

test('a port in use is named together with the option that moves it, and nothing is left behind', async () => {
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
