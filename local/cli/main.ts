import { enableCompileCache } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { inbox, kill, logs, status } from './commands.ts';
import { createConsole } from './console.ts';
import { runLocalstack } from '../endpoint/localstack.ts';
import { explain, Refusal } from '../kernel/refusal.ts';
import type { StartOptions } from './start.ts';

const usage = `Usage: npm run local -- <command>
  start [--fresh] [--port N] [--endpoint-port N] [--assembly DIR]   run the system (npm start)
  status [--json]        services, tasks, queues, databases
  logs <service> [--follow]
  kill <task>            as a lost machine would
  inbox                  the mails that were sent
  localstack             run LocalStack as the AWS endpoint
Each takes --state DIR (default: .headroom).`;

const root = resolve(import.meta.dirname, '../..');

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [command, subject = ''] = positionals;
  const stateDir = resolve(values.state ?? resolve(root, '.headroom'));
  const endpointPort = port(values['endpoint-port'], 4566, '--endpoint-port');
  switch (command) {
    case 'start':
      return runStart({
        stateDir,
        edgePort: port(values.port, 8080, '--port'),
        endpointPort,
        endpointUrl: process.env['AWS_ENDPOINT_URL'] || undefined,
        assemblyDir: values.assembly,
        fresh: values.fresh ?? false,
      });
    case 'status':
      return status(stateDir, values.json ?? false);
    case 'logs':
      return logs(stateDir, subject, values.follow ?? false);
    case 'kill':
      return kill(stateDir, subject);
    case 'inbox':
      return inbox(stateDir);
    case 'localstack':
      return runLocalstack(endpointPort);
    default:
      throw new Refusal(usage);
  }
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        state: { type: 'string' },
        port: { type: 'string' },
        'endpoint-port': { type: 'string' },
        assembly: { type: 'string' },
        fresh: { type: 'boolean' },
        json: { type: 'boolean' },
        follow: { type: 'boolean', short: 'f' },
      },
    });
  } catch (error) {
    throw new Refusal(`${(error as Error).message}\n${usage}`);
  }
}

function port(text: string | undefined, otherwise: number, option: string): number {
  const value = Number(text ?? otherwise);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new Refusal(`${option} ${text} is not a port; it takes a number from 1 to 65535.`);
}

/** The first Ctrl-C stops in order, the second at once. */
async function runStart(options: StartOptions): Promise<number> {
  // Loaded here, so that the commands of the other terminal answer at once; compiled once, which saves a second.
  enableCompileCache(resolve(root, 'node_modules/.cache/headroom-local'));
  const { start } = await import('./start.ts');
  const console = createConsole();
  const interrupt = new AbortController();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(130);
      console.line('Stopping in order; Ctrl-C again stops at once.');
      interrupt.abort();
    });
  }
  process.on('uncaughtException', failure.reject);
  process.on('unhandledRejection', failure.reject);
  try {
    await start(options, console, interrupt.signal, failure);
    console.line('Everything has stopped.');
    return 0;
  } finally {
    console.close();
  }
}

try {
  process.exit(await main());
} catch (error) {
  if (process.env['DEBUG']) console.error(error);
  else console.error(explain(error));
  process.exit(1);
}
