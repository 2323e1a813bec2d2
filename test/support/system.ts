import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import pg from 'pg';

import { readInbox, type SentMail } from '../../local/cli/inbox.ts';
import { start, type StartedSystem } from '../../local/client.ts';

const main = resolve(import.meta.dirname, '../../local/cli/main.ts');

export interface System extends StartedSystem {
  readonly edge: string;
  readonly endpoint: string;
  readonly stateDir: string;
  /** Runs a query on the primary or a replica, as the administrator. */
  query(role: 'primary' | 'replica', sql: string, values?: unknown[]): Promise<any[]>; // oxlint-disable-line typescript/no-explicit-any -- untyped rows
  /** Returns the mails that were sent to an address. */
  inbox(address: string): Promise<SentMail[]>;
  /** Stops the system if it is running, and deletes its state folder. */
  dispose(): Promise<void>;
}

/**
 * Returns ports that are free now. They differ from each other, since all servers listen before the first one closes.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Runs `npm run local -- <args>` until it exits. */
export async function cli(args: string[], stateDir: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main, ...args, '--state', stateDir]);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: Buffer.concat(chunks).toString() };
}

export const newStateDir = () => mkdtempSync(join(tmpdir(), 'headroom-e2e-'));

/** Starts the system on free ports, by default with a new state folder. Resolves when the system is up. */
export async function startSystem({
  stateDir = newStateDir(),
  env = {},
  args = [],
}: { stateDir?: string; env?: NodeJS.ProcessEnv; args?: string[] } = {}): Promise<System> {
  const [edgePort = 0, endpointPort = 0] = await freePorts(2);
  const started = await start({ stateDir, edgePort, endpointPort, args, env });
  const endpoint = env['AWS_ENDPOINT_URL'] ?? `http://127.0.0.1:${endpointPort}`;
  return {
    ...started,
    edge: `http://127.0.0.1:${edgePort}`,
    endpoint,
    stateDir,
    async query(role, sql, values) {
      const { databases } = await started.status();
      const client = new pg.Client({ connectionString: databases.find((database) => database.role === role)?.url });
      await client.connect();
      try {
        return (await client.query(sql, values)).rows;
      } finally {
        await client.end();
      }
    },
    async inbox(address) {
      return (await readInbox(endpoint)).filter(({ to }) => to.includes(address));
    },
    async dispose() {
      await started.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
