import { enableCompileCache } from 'node:module';
import { resolve } from 'node:path';

import { Command } from 'commander';

import { createConsole } from '../console.ts';
import { parsePort, stateOption } from '../options.ts';

interface Options {
  readonly port: number;
  readonly endpointPort: number;
  readonly assembly?: string;
  readonly containers?: boolean;
  readonly fresh?: boolean;
  readonly state: string;
}

/** A person takes longer to press Ctrl-C a second time, in ms. */
const forwardedWithinMs = 250;

export const startCommand = (): Command =>
  new Command('start')
    .description('Runs the system until Ctrl-C: npm start -- [options]')
    .option('--port <port>', 'port of the CDN, which browsers open', parsePort, 8080)
    .option('--endpoint-port <port>', 'port of the embedded AWS endpoint', parsePort, 4566)
    .option('--assembly <folder>', "another CDK app's cloud assembly, such as its cdk.out")
    .option('--containers', 'runs tasks as containers of their images, by Docker')
    .option('--fresh', 'deletes what earlier starts have stored')
    .addOption(stateOption())
    .action(run);

/** The first Ctrl-C or SIGTERM stops in order, the second at once. */
async function run({ port, endpointPort, assembly, containers = false, fresh = false, state }: Options): Promise<void> {
  // What this process and those that it starts write is for its owner alone: logs, databases, mails, sockets.
  process.umask(0o077);
  // Imported here so that the other commands start fast. The compile cache saves a second.
  enableCompileCache(resolve(import.meta.dirname, '../../../node_modules/.cache/headroom-local'));
  const { start } = await import('../start.ts');
  const console = createConsole();
  const interrupt = new AbortController();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let interruptedAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Ctrl-C reaches npm too, which passes the signal on to this process: that is not a second Ctrl-C.
      if (interrupt.signal.aborted && performance.now() - interruptedAt < forwardedWithinMs) return;
      if (interrupt.signal.aborted) process.exit(130);
      console.line('Stopping in order; Ctrl-C again stops at once.');
      interruptedAt = performance.now();
      interrupt.abort();
    });
  }
  process.on('uncaughtException', failure.reject);
  process.on('unhandledRejection', failure.reject);
  const options = {
    stateDir: state,
    edgePort: port,
    endpointPort,
    endpointUrl: process.env['AWS_ENDPOINT_URL'] || undefined,
    assemblyDir: assembly === undefined ? undefined : resolve(assembly),
    containers,
    fresh,
  };
  try {
    await start(options, console, interrupt.signal, failure);
    console.line('Everything has stopped.');
  } finally {
    console.close();
  }
}
