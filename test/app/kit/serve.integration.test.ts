import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { freePort } from '../../../local/host/free-port.ts';
import { eventually } from '../../support/eventually.ts';
import { parsePrometheus } from '../../support/parse-prometheus.ts';

const agent = new Agent({ keepAlive: true });
let child: ChildProcess | undefined;
afterEach(() => void child?.kill('SIGKILL'));

async function start() {
  const port = await freePort();
  child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/slow-server.ts')], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.on('data', (text: Buffer) => (output += text.toString()));
  const saw = (line: string) => eventually(async () => expect(output).toContain(line), 10_000, 10);
  await saw('listening');
  return { child, port, saw, lines: () => output.trim().split('\n'), send: (path: string) => send(port, path) };
}

function send(port: number, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ port, path, agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response));
    }).once('error', reject);
  });
}

const exitCode = async (process: ChildProcess): Promise<unknown> => (await once(process, 'exit'))[0];

test('on SIGTERM, a request under way ends, the parts stop stage by stage, and the process exits with 0', async () => {
  const server = await start();
  await server.send('/api/health'); // leaves an idle connection
  const responding = server.send('/slow/600');
  await server.saw('request');
  const exited = exitCode(server.child);
  server.child.kill('SIGTERM');

  const { statusCode, headers } = await responding;
  expect(statusCode).toBe(200);
  expect(headers.connection).toBe('close');
  expect(await exited).toBe(0);
  await server.saw('closed');
  const stages = ['receiving stopped', 'requests ended', 'background stopped', 'closed'];
  expect(server.lines().filter((line) => stages.includes(line))).toEqual(stages);
});

test('a served app shows its metrics, and on SIGTERM the last of them are in its output before it exits', async () => {
  const server = await start();
  await server.send('/slow/0');
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  expect(parsePrometheus(await response.text())).toContainEqual({
    name: 'headroom_request_duration_milliseconds_count',
    labels: { environment: 'local', service: 'slow', route: 'GET /slow/:ms' },
    value: 1,
  });
  const exited = exitCode(server.child);
  server.child.kill('SIGTERM');
  expect(await exited).toBe(0);
  const documents = server.lines().filter((line) => line.includes('"_aws"'));
  const routes = documents.map((line) => JSON.parse(line) as { route?: string; RequestDuration: { Count: number } });
  expect(routes.find(({ route }) => route === 'GET /slow/:ms')?.RequestDuration.Count).toBe(1);
});

test('a second signal ends the process at once', async () => {
  const server = await start();
  const responding = server.send('/slow/60000').catch(() => 'aborted');
  await server.saw('request');
  const exited = exitCode(server.child);
  server.child.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 200));
  server.child.kill('SIGTERM');
  expect(await exited).toBe(1);
  expect(await responding).toBe('aborted');
});
