import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { freePort } from '../../../local/host/free-port.ts';
import { eventually } from '../../support/eventually.ts';

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
  return { child, saw, lines: () => output.trim().split('\n'), send: (path: string) => send(port, path) };
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
