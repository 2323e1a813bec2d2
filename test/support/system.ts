import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import type { Status } from '../../local/kernel/driver.ts';

const main = resolve(import.meta.dirname, '../../local/cli/main.ts');

export interface Mail {
  Id: string;
  Source: string;
  Destination: { ToAddresses: string[] };
  Subject: string;
  Body: { text_part: string; html_part: string };
}

export interface System {
  readonly edge: string;
  readonly endpoint: string;
  readonly stateDir: string;
  readonly process: ChildProcess;
  /** Everything `npm start` printed so far. */
  output(): string;
  status(): Promise<Status>;
  /** Runs a query on the primary or a replica, as the administrator. */
  query(role: 'primary' | 'replica', sql: string, values?: unknown[]): Promise<any[]>; // oxlint-disable-line typescript/no-explicit-any -- rows as the caller expects them
  /** Mails that were sent to this address. */
  inbox(address: string): Promise<Mail[]>;
  /** Ctrl-C, and waits for the end. Answers the exit code. */
  interrupt(): Promise<number | null>;
  /** Ends it, whatever its state, and removes what it kept. */
  dispose(): Promise<void>;
}

/** A port that is free now. Two callers in one process never get the same one, since both listen before either closes. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Runs `node local/cli/main.ts <args>` to its end. */
export async function cli(args: string[], stateDir: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main, ...args, '--state', stateDir]);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: Buffer.concat(chunks).toString() };
}

export const newStateDir = () => mkdtempSync(join(tmpdir(), 'headroom-e2e-'));

/** What `npm start` does, on ports and a state folder of its own; resolves when it serves. */
export async function startSystem({
  stateDir = newStateDir(),
  env = {},
  args = [],
}: { stateDir?: string; env?: NodeJS.ProcessEnv; args?: string[] } = {}): Promise<System> {
  const [port, endpointPort] = await freePorts(2);
  const child = spawn(
    process.execPath,
    [main, 'start', '--port', `${port}`, '--endpoint-port', `${endpointPort}`, '--state', stateDir, ...args],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let output = '';
  const edge = `http://127.0.0.1:${port}`;
  const endpoint = env['AWS_ENDPOINT_URL'] ?? `http://127.0.0.1:${endpointPort}`;

  const serving = new Promise<void>((done) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Headroom is up')) done();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });

  const system: System = {
    edge,
    endpoint,
    stateDir,
    process: child,
    output: () => output,
    async status() {
      const { code, output: answer } = await cli(['status', '--json'], stateDir);
      if (code !== 0) throw new Error(`status --json exited with ${code}: ${answer}`);
      return JSON.parse(answer) as Status;
    },
    async query(role, sql, values) {
      const { databases } = await system.status();
      const client = new pg.Client({ connectionString: databases.find((database) => database.role === role)?.url });
      await client.connect();
      try {
        return (await client.query(sql, values)).rows;
      } finally {
        await client.end();
      }
    },
    async inbox(address) {
      const response = await fetch(`${endpoint}/_aws/ses`);
      const { messages } = (await response.json()) as { messages: Mail[] };
      return messages.filter((mail) => mail.Destination.ToAddresses.includes(address));
    },
    async interrupt() {
      child.kill('SIGINT');
      const [code] = await exited;
      return code;
    },
    async dispose() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT');
        await exited;
      }
      rmSync(stateDir, { recursive: true, force: true });
    },
  };

  const failed = exited.then(([code]) => {
    throw new Error(`npm start ended with ${code} before it served:\n${output}`);
  });
  failed.catch(() => {}); // After serving, an exit is the test's business.
  await Promise.race([serving, failed]);
  return system;
}
