import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';

import { startControl } from '../../../local/cli/control.ts';
import { freePort } from '../../../local/host/free-port.ts';
import { claimState, prepareState } from '../../../local/host/state.ts';

jest.setTimeout(60_000);

const main = resolve(import.meta.dirname, '../../../local/cli/main.ts');
let stateDir: string;
let taken: Server;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'headroom-cli-'));
});

afterEach(() => {
  taken?.close();
  rmSync(stateDir, { recursive: true });
});

async function cli(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [main, ...args, '--state', stateDir], { env: { ...process.env, ...env } });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

async function takePort(): Promise<number> {
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  return (taken.address() as AddressInfo).port;
}

const noTrace = /\n\s+at /;

test('ports in use are all named at once, with the options that move them', async () => {
  const port = await takePort();
  const { code, output } = await cli(['start', '--port', `${port}`, '--endpoint-port', `${port}`]);
  expect(code).toBe(1);
  expect(output).toContain(`Port ${port} for the edge is in use`);
  expect(output).toContain(`--port ${port + 1}`);
  expect(output).toContain(`--endpoint-port ${port + 1}`);
  expect(output).not.toMatch(noTrace);
  expect(readdirSync(stateDir)).not.toContain('run.json');
});

test('an endpoint that does not answer is named, with both ways out', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const { code, output } = await cli(['start', '--port', `${await freePort()}`], { AWS_ENDPOINT_URL: url });
  expect(code).toBe(1);
  expect(output).toContain(`AWS_ENDPOINT_URL is ${url}, and nothing answers there`);
  expect(output).toContain('npm run localstack');
});

test('a second start is refused with the pid of the first', async () => {
  prepareState(stateDir);
  const claim = claimState(stateDir);
  const { code, output } = await cli(['start']);
  expect(code).toBe(1);
  expect(output).toContain(`running already (pid ${process.pid}`);
  expect(output).toContain(`kill ${process.pid}`);
  claim.release();
});

test('of starts at the same moment one has the folder', async () => {
  prepareState(stateDir);
  const stateModule = resolve(import.meta.dirname, '../../../local/host/state.ts');
  const script = `import { claimState } from ${JSON.stringify(stateModule)};
    try { globalThis.claim = claimState(${JSON.stringify(stateDir)}); console.log('mine'); } catch { console.log('taken'); }
    process.stdin.resume();`;
  const starts = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', script]));
  const words = starts.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim());
  expect((await Promise.all(words)).toSorted()).toEqual(['mine', 'taken', 'taken', 'taken']);
  for (const child of starts) child.stdin.end();
  await Promise.all(starts.map((child) => once(child, 'close')));
});

test('a folder whose runtime was killed is free, whatever process has its pid now', async () => {
  prepareState(stateDir);
  writeFileSync(
    join(stateDir, 'run.json'),
    JSON.stringify({ pid: process.pid, start: 'long ago', control: '/nowhere' }),
  );
  const claim = claimState(stateDir);
  claim.release();
  expect(readdirSync(stateDir)).not.toContain('run.json');
});

test('a folder with files of somebody else is refused, also with --fresh, and left as it is', async () => {
  writeFileSync(join(stateDir, 'thesis.txt'), 'years of work');
  const { code, output } = await cli(['start', '--fresh']);
  expect(code).toBe(1);
  expect(output).toContain("files that are not Headroom's");
  expect(readdirSync(stateDir)).toEqual(['thesis.txt']);
});

test('an assembly that is not there is named', async () => {
  const missing = join(stateDir, 'nowhere');
  const ports = ['--port', `${await freePort()}`, '--endpoint-port', `${await freePort()}`];
  const { code, output } = await cli(['start', '--assembly', missing, ...ports]);
  expect(code).toBe(1);
  expect(output).toContain(`Cannot read the cloud assembly at ${missing}/manifest.json`);
  expect(output).not.toMatch(noTrace);
});

test.each([
  [['start', '--port', 'eighty'], '--port eighty is not a port'],
  [['start', '--endpoint-port', '70000'], '--endpoint-port 70000 is not a port'],
  [['start', '--colour'], "Unknown option '--colour'"],
  [['dance'], 'Usage: npm run local'],
  [['status'], 'Headroom is not running'],
  [['kill', 'shop-0000'], 'Headroom is not running'],
  [['kill'], 'Which task?'],
  [['inbox'], 'Headroom is not running'],
  [['logs', 'shop'], 'There is no log of "shop"'],
])('%j is refused', async (args, message) => {
  const { code, output } = await cli(args);
  expect(code).toBe(1);
  expect(output).toContain(message);
  expect(output).not.toMatch(noTrace);
});

test('logs are read also when nothing runs', async () => {
  mkdirSync(join(stateDir, 'logs'));
  writeFileSync(join(stateDir, 'logs', 'shop.log'), 'shop-1a2b hello\n');
  expect(await cli(['logs', 'shop'])).toEqual({ code: 0, output: 'shop-1a2b hello\n' });
});

test('status and kill are answered by the runtime that has the folder', async () => {
  prepareState(stateDir);
  const claim = claimState(stateDir);
  const killed: string[] = [];
  const server = await startControl(claim.control, {
    status: async () => ({
      edge: 'http://127.0.0.1:8080',
      endpoint: 'http://127.0.0.1:4566',
      services: [
        { name: 'shop', desired: 1, healthy: 1, tasks: [{ id: 'shop-1a2b', port: 1, pid: 2, health: 'healthy' }] },
      ],
      queues: [],
      databases: [],
      redis: { url: '' },
      declaredOnly: { 'AWS::IAM::Role': 3 },
    }),
    kill(taskId) {
      killed.push(taskId);
      return taskId === 'shop-1a2b';
    },
  });
  try {
    const { output } = await cli(['status', '--json']);
    expect(JSON.parse(output)).toMatchObject({ edge: 'http://127.0.0.1:8080', services: [{ name: 'shop' }] });
    const text = await cli(['status']);
    expect(text.output).toContain('shop: 1 of 1 healthy');
    expect(text.output).toContain('declared, not run: 1 types:\n  AWS::IAM::Role (3)');
    expect(await cli(['kill', 'shop-1a2b'])).toEqual({ code: 0, output: 'killed shop-1a2b\n' });
    expect(await cli(['kill', 'shop-ffff'])).toEqual({
      code: 1,
      output: 'There is no task shop-ffff; npm run local -- status lists them.\n',
    });
    expect(killed).toEqual(['shop-1a2b', 'shop-ffff']);
  } finally {
    await server.stop();
    claim.release();
  }
});
