import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { Refusal } from '../kernel/refusal.ts';

/** The last version that asks for no token. The date keeps the dependencies it was released with; later ones break it. */
const version = '4.14.0';
const dependenciesBefore = '2026-03-01';

/** It stops in a second or two, or not at all when it was only just starting. */
const stopTimeoutMs = 10_000;

/** Runs LocalStack in the foreground until it ends; answers its exit code. */
export async function runLocalstack(port: number): Promise<number> {
  if (!runs('uvx')) {
    throw new Refusal(
      'LocalStack is started through uvx, and there is none on the PATH. Install uv: https://docs.astral.sh/uv/',
    );
  }
  const source = ['--exclude-newer', dependenciesBefore, '--from', `localstack-core[runtime]==${version}`];
  const child = spawn('uvx', ['--python', findPython(), ...source, 'python', '-m', 'localstack.runtime.main'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    // uv and LocalStack are a group of their own: each signal reaches both, once.
    detached: true,
    env: {
      ...process.env,
      SKIP_SSL_CERT_DOWNLOAD: '1',
      DNS_ADDRESS: '0',
      DISABLE_EVENTS: '1',
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
    },
  });
  const end = (signal: NodeJS.Signals): void => {
    // Whoever has ended needs no signal.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      end('SIGTERM');
      setTimeout(end, stopTimeoutMs, 'SIGKILL').unref();
    });
  }
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 0;
}

/** A Python 3.13 that is there already; else its version, which uv then fetches. */
function findPython(): string {
  if (runs('python3.13')) return 'python3.13';
  return globSync(join(homedir(), '.pyenv/versions/3.13*/bin/python3.13'))[0] ?? '3.13';
}

const runs = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
