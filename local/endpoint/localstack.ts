import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { Refusal } from '../kernel/refusal.ts';

/** The last version that needs no token. The date keeps the dependencies of its release; later ones break it. */
const version = '4.14.0';
const dependenciesBefore = '2026-03-01';

/** LocalStack stops in two seconds, or ignores the signal while it is starting. */
const stopTimeoutMs = 10_000;

/**
 * Runs LocalStack in the foreground and returns its exit code.
 * @throws Refusal when uvx is not installed
 */
export async function runLocalstack(port: number): Promise<number> {
  if (!runs('uvx')) {
    throw new Refusal(
      'LocalStack is started with uvx, which is not on the PATH. Install uv: https://docs.astral.sh/uv/',
    );
  }
  const source = ['--exclude-newer', dependenciesBefore, '--from', `localstack-core[runtime]==${version}`];
  const child = spawn('uvx', ['--python', findPython(), ...source, 'python', '-m', 'localstack.runtime.main'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    // uv and LocalStack are their own process group, so that each signal reaches both, once.
    detached: true,
    env: {
      ...process.env,
      SKIP_SSL_CERT_DOWNLOAD: '1',
      DNS_ADDRESS: '0',
      DISABLE_EVENTS: '1',
      // Its server ignores an IPv4 host and listens on every interface; this notation of 127.0.0.1 it does not ignore.
      GATEWAY_LISTEN: `[::ffff:127.0.0.1]:${port}`,
    },
  });
  const end = (signal: NodeJS.Signals): void => {
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

/** An installed Python 3.13, else its version number, which makes uv download it. */
function findPython(): string {
  if (runs('python3.13')) return 'python3.13';
  return globSync(join(homedir(), '.pyenv/versions/3.13*/bin/python3.13'))[0] ?? '3.13';
}

const runs = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
