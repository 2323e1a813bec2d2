import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { startControl } from '../../../local/cli/control.ts';
import { freePort } from '../../../local/host/free-port.ts';
import { connect } from '../../../local/client.ts';
import { createEventStream } from '../../../local/kernel/events.ts';
import type { Status } from '../../../local/status.ts';
import { eventually } from '../../support/eventually.ts';
import { claimState, prepareState } from '../../../local/host/state.ts';

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

test('all ports in use are named in one error, with the options that change them', async () => {
  const port = await takePort();
  const { code, output } = await cli(['start', '--port', `${port}`, '--endpoint-port', `${port}`]);
  expect(code).toBe(1);
  expect(output).toContain(`Port ${port} for the edge is in use`);
  expect(output).toContain(`--port ${port + 1}`);
  expect(output).toContain(`--endpoint-port ${port + 1}`);
  expect(output).not.toMatch(noTrace);
  expect(readdirSync(stateDir)).not.toContain('run.json');
});

test('an AWS endpoint that does not respond is named, with the remedies', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const { code, output } = await cli(['start', '--port', `${await freePort()}`], { AWS_ENDPOINT_URL: url });
  expect(code).toBe(1);
  expect(output).toContain(`AWS_ENDPOINT_URL is ${url}, and nothing responds there`);
  expect(output).toContain('npm run localstack');
});

test('a start closes a folder that an earlier version opened to others, with its files and folders', () => {
  prepareState(stateDir);
  const [logs, ports] = [join(stateDir, 'logs'), join(stateDir, 'ports.json')];
  mkdirSync(logs);
  writeFileSync(ports, '{}');
  for (const path of [stateDir, logs]) chmodSync(path, 0o755);
  chmodSync(ports, 0o644);
  const claim = claimState(stateDir);
  expect([stateDir, logs, ports].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700, 0o600]);

  // Where PostgreSQL runs as another user, it must be able to pass.
  chmodSync(stateDir, 0o711);
  prepareState(stateDir);
  expect(() => claimState(stateDir)).toThrow('running already');
  expect(statSync(stateDir).mode & 0o777).toBe(0o711);
  claim.release();
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

test('of concurrent starts only one locks the folder', async () => {
  prepareState(stateDir);
  const stateModule = resolve(import.meta.dirname, '../../../local/host/state.ts');
  const script = `import { claimState } from ${JSON.stringify(stateModule)};
    try { globalThis.claim = claimState(${JSON.stringify(stateDir)}); console.log('locked'); } catch { console.log('taken'); }
    process.stdin.resume();`;
  const starts = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', script]));
  const outcomes = starts.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim());
  expect((await Promise.all(outcomes)).toSorted()).toEqual(['locked', 'taken', 'taken', 'taken']);
  for (const child of starts) child.stdin.end();
  await Promise.all(starts.map((child) => once(child, 'close')));
});

test('a folder whose runtime was killed can be locked, even if another process has its pid', async () => {
  prepareState(stateDir);
  writeFileSync(
    join(stateDir, 'run.json'),
    JSON.stringify({ pid: process.pid, start: 'long ago', control: '/nowhere' }),
  );
  const claim = claimState(stateDir);
  claim.release();
  expect(readdirSync(stateDir)).not.toContain('run.json');
});

test('a folder with other files is refused, also with --fresh, and not changed', async () => {
  writeFileSync(join(stateDir, 'thesis.txt'), 'years of work');
  const { code, output } = await cli(['start', '--fresh']);
  expect(code).toBe(1);
  expect(output).toContain("files that are not Headroom's");
  expect(readdirSync(stateDir)).toEqual(['thesis.txt']);
});

test('a missing assembly is named', async () => {
  const missing = join(stateDir, 'nowhere');
  const ports = ['--port', `${await freePort()}`, '--endpoint-port', `${await freePort()}`];
  const { code, output } = await cli(['start', '--assembly', missing, ...ports]);
  expect(code).toBe(1);
  expect(output).toContain(`${missing} is not a readable cloud assembly`);
  expect(output).not.toMatch(noTrace);
});

test.each([
  [['start', '--port', 'eighty'], "argument 'eighty' is invalid. A port is a number from 1 to 65535."],
  [['start', '--endpoint-port', '70000'], 'A port is a number from 1 to 65535.'],
  [['start', '--colour'], "unknown option '--colour'"],
  [['start', '--asembly', 'x'], 'Did you mean --assembly?'],
  [['status', 'now'], 'too many arguments'],
  [['dance'], "unknown command 'dance'"],
  [['status'], 'Headroom is not running'],
  [['apply'], 'Headroom is not running'],
  [['act', 'redis', 'pause'], 'Headroom is not running'],
  [['kill', 'shop-0000'], 'Headroom is not running'],
  [['kill'], "missing required argument 'task'"],
  [['inbox'], 'Headroom is not running'],
  [['logs', 'shop'], 'There is no log of "shop"'],
  [['logs', '--since', 'noon'], 'Write 30s, 10m, 2h, 1d or an ISO 8601 time.'],
])('%j is refused', async (args, message) => {
  const { code, output } = await cli(args);
  expect(code).toBe(1);
  expect(output).toContain(message);
  expect(output).not.toMatch(noTrace);
});

const commands = ['start', 'apply', 'status', 'logs', 'kill', 'act', 'inbox', 'localstack'];
test('the help lists every command, and each command has --help and --version', async () => {
  const { code, output } = await cli(['--help']);
  expect(code).toBe(0);
  for (const command of commands) expect(output).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  for (const command of commands) {
    expect(await cli([command, '--help'])).toMatchObject({ code: 0, output: expect.stringContaining('Usage:') });
    expect((await cli([command, '--version'])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  }
});

describe('logs', () => {
  const at = (seconds: number) => `2026-01-01T10:00:0${seconds}.000Z`;
  beforeEach(() => {
    const directory = join(stateDir, 'logs');
    mkdirSync(directory);
    writeFileSync(
      join(directory, 'shop.log'),
      `${at(1)} shop-1a2b hello\n${at(3)} shop-1a2b {"level":"warn","time":"${at(3)}","msg":"slow","ms":7}\n`,
    );
    writeFileSync(join(directory, 'edge.log'), `${at(2)} request\n`);
  });

  test('are listed without a name', async () => {
    expect(await cli(['logs'])).toEqual({ code: 0, output: 'all\nedge\nshop\n' });
  });

  test('are shown without a running system, with JSON messages as level, message and fields', async () => {
    expect(await cli(['logs', 'shop'])).toEqual({
      code: 0,
      output: '10:00:01.000 shop-1a2b hello\n10:00:03.000 shop-1a2b WARN: slow {"ms":7}\n',
    });
  });

  test('are merged in the order of time', async () => {
    const { output } = await cli(['logs', 'all']);
    expect(output.split('\n').map((line) => line.slice(0, 12))).toEqual([
      '10:00:01.000',
      '10:00:02.000',
      '10:00:03.000',
      '',
    ]);
  });

  test('are shown since a given time', async () => {
    const { output } = await cli(['logs', 'all', '--since', at(2)]);
    expect(output).toMatch(/^10:00:02\.000 edge request\n10:00:03\.000 .*\n$/);
  });

  test('are followed until SIGTERM, also across a renamed file', async () => {
    const child = spawn(process.execPath, [main, 'logs', 'edge', '--follow', '--state', stateDir]);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toContain('request');
    const file = join(stateDir, 'logs', 'edge.log');
    appendFileSync(file, `${at(4)} second\n`);
    expect((await lines.next()).value).toBe('10:00:04.000 edge second');
    renameSync(file, `${file}.1`);
    writeFileSync(file, `${at(5)} third\n`);
    expect((await lines.next()).value).toBe('10:00:05.000 edge third');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
  });

  test('end without an error when the reader of the output exits', async () => {
    writeFileSync(join(stateDir, 'logs', 'edge.log'), `${at(2)} ${'x'.repeat(2000)}\n`.repeat(200));
    const command = `${process.execPath} ${main} logs edge --state ${stateDir} | head -1 >/dev/null`;
    const child = spawn('bash', ['-o', 'pipefail', '-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
    expect([await once(child, 'close'), await text(child.stderr)]).toEqual([[0, null], '']);
  });
});

const status: Status = {
  edge: 'http://127.0.0.1:8080',
  endpoint: 'http://127.0.0.1:4566',
  loadBalancers: [],
  services: [
    {
      key: 'services/Shop',
      name: 'shop',
      desired: 1,
      healthy: 1,
      tasks: [{ id: 'shop-1a2b', port: 1, pid: 2, health: 'healthy' }],
    },
  ],
  queues: [],
  databases: [],
  redis: { url: '' },
  declaredOnly: { 'AWS::IAM::Role': 3 },
  resources: [],
};

describe('a running system', () => {
  let server: Awaited<ReturnType<typeof startControl>>;
  let claim: ReturnType<typeof claimState>;
  const acts: unknown[] = [];
  const events = createEventStream();
  beforeEach(async () => {
    prepareState(stateDir);
    claim = claimState(stateDir);
    server = await startControl(claim.control, {
      events,
      status: async () => status,
      act: async (...given) => void acts.push(given),
      apply: async () => ({ created: ['data/Queue'], updated: [], restarted: [], replaced: [], removed: [] }),
    });
  });
  afterEach(async () => {
    await server.stop();
    claim.release();
  });

  test('only the owner may use the control socket', () => {
    expect(statSync(claim.control).mode & 0o777).toBe(0o600);
  });

  test('shows its status as text and as JSON', async () => {
    expect(JSON.parse((await cli(['status', '--json'])).output)).toEqual(status);
    const { output } = await cli(['status']);
    expect(output).toContain('shop: 1 of 1 healthy');
    expect(output).toContain('declared, not run: 1 types:\n  AWS::IAM::Role (3)');
    expect(output).not.toMatch(/redis|\n\n\n/);
  });

  test('kills a task through the action of its service', async () => {
    expect(await cli(['kill', 'shop-1a2b'])).toEqual({ code: 0, output: 'killed shop-1a2b\n' });
    expect(acts.splice(0)).toEqual([['services/Shop', 'kill', { task: 'shop-1a2b' }]]);
    expect(await cli(['kill', 'shop-ffff'])).toEqual({
      code: 1,
      output: 'There is no task shop-ffff. npm run local -- status lists them.\n',
    });
  });

  test('runs an action with typed parameters', async () => {
    expect(await cli(['act', 'shop', 'scale', 'count=3', 'task=3a'])).toEqual({ code: 0, output: '' });
    expect(acts.splice(0)).toEqual([['shop', 'scale', { count: 3, task: '3a' }]]);
  });

  test('refuses to list the actions of an unknown resource', async () => {
    expect(await cli(['act', 'shpo'])).toEqual({
      code: 1,
      output: 'There is no resource shpo that has actions. npm run local -- act lists them.\n',
    });
  });

  test('applies changes and prints them', async () => {
    expect(await cli(['apply'])).toEqual({ code: 0, output: 'created data/Queue\n' });
  });

  test('streams its events until it stops', async () => {
    const stream = connect(stateDir).events()[Symbol.asyncIterator]();
    const next = stream.next();
    await eventually(async () => expect(events.listenerCount('event')).toBe(1));
    const event = { kind: 'note', at: '2026-01-01T10:00:00.000Z', key: 'services/Shop', message: 'hello' } as const;
    events.emit('event', event);
    expect(await next).toEqual({ done: false, value: event });
    const end = stream.next();
    await server.stop();
    expect(await end).toMatchObject({ done: true });
  });

  test('closes the connection of a client that stops reading its events', async () => {
    const stream = connect(stateDir).events()[Symbol.asyncIterator]();
    const next = stream.next();
    await eventually(async () => expect(events.listenerCount('event')).toBe(1));
    const event = { kind: 'note', at: '2026-01-01T10:00:00.000Z', key: 'services/Shop', message: 'hello' } as const;
    events.emit('event', event);
    await next;
    await stream.return?.();
    await eventually(async () => {
      events.emit('event', event);
      expect(events.listenerCount('event')).toBe(0);
    }, 2_000);
  });
});
