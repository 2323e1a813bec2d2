import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect } from '@jest/globals';
import { signalProcess } from '../../local/host/processes.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './system.ts';

const main = resolve(import.meta.dirname, '../../local/cli/main.ts');

/** An AWS endpoint that is not the embedded one. */
export interface OtherEndpoint {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts LocalStack by its own command. The first time, this downloads it. */
export const startLocalstack = (): Promise<OtherEndpoint> =>
  startEndpoint('/_localstack/health', (port) => [
    process.execPath,
    [main, 'localstack', '--endpoint-port', `${port}`],
  ]);

/** Starts MiniStack (https://pypi.org/project/ministack). The first time, this downloads it. */
export const startMinistack = (): Promise<OtherEndpoint> =>
  startEndpoint('/_ministack/health', (port) => [
    'uvx',
    ['--from', 'ministack==1.5.33', 'ministack'],
    { env: { ...process.env, BIND_HOST: '127.0.0.1', GATEWAY_PORT: `${port}` } },
  ]);

async function startEndpoint(
  health: string,
  command: (port: number) => [string, string[], SpawnOptions?],
): Promise<OtherEndpoint> {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const [program, args, options] = command(port);
  // Its own process group, so that a signal also reaches what uvx has started.
  const child = spawn(program, args, { stdio: 'ignore', detached: true, ...options });
  await eventually(async () => expect((await fetch(url + health)).status).toBe(200), 240_000, 500);
  return {
    url,
    async stop() {
      if (child.pid === undefined || child.exitCode !== null) return;
      signalProcess(-child.pid, 'SIGTERM');
      await once(child, 'exit');
    },
  };
}
