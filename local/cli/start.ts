import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { anyAccount, readAssembly } from '../kernel/assembly/read-assembly.ts';
import { createChildren, endLeftovers, guardChildren } from '../host/children.ts';
import { type Console } from './console.ts';
import { startControl } from './control.ts';
import { checkDiskSpace, diskSpaceHint } from '../host/disk-space.ts';
import type { Runtime } from '../kernel/driver.ts';
import { drivers } from '../resources/families.ts';
import { startEndpoint } from '../endpoint/server.ts';
import { createEngine } from '../kernel/engine.ts';
import { isFree } from '../host/free-port.ts';
import { createLogFiles } from '../host/log-files.ts';
import { createParts } from '../kernel/parts.ts';
import { createPorts } from '../host/ports.ts';
import { diskFull, explain, Refusal } from '../kernel/refusal.ts';
import { createSecretFetcher } from '../resources/secretsmanager/secret-fetcher.ts';
import { claimState, emptyState, prepareState } from '../host/state.ts';
import { compiledDir } from '../resources/platform-environment.ts';
import { createStatusBoard } from './status-board.ts';
import { printSummary } from './summary.ts';
import { synthesize } from './synthesize.ts';
import { serverCertificate } from '../host/tls.ts';

export interface StartOptions {
  readonly stateDir: string;
  readonly edgePort: number;
  readonly endpointPort: number;
  /** An AWS endpoint that is there already, instead of the embedded one. */
  readonly endpointUrl?: string;
  /** A cloud assembly that is there already, instead of a fresh one. */
  readonly assemblyDir?: string;
  /** Forgets what earlier starts have kept. */
  readonly fresh: boolean;
}

/**
 * Brings the whole system up and keeps it up until `interrupted`, then stops it in order. Throws, with everything stopped,
 * when it cannot be brought up or `failed` rejects.
 */
export async function start(
  options: StartOptions,
  console: Console,
  interrupted: AbortSignal,
  failure: PromiseWithResolvers<never>,
): Promise<void> {
  const { stateDir } = options;
  prepareState(stateDir);
  const claim = claimState(stateDir);
  const cleanup = new AsyncDisposableStack();
  cleanup.defer(() => claim.release());
  // Also at a second Ctrl-C, which waits for nothing.
  process.once('exit', () => claim.release());
  try {
    await tidy(options, console);
    await checkPorts(options);
    interrupted.throwIfAborted();
    checkDiskSpace(stateDir);
    const logs = createLogFiles(join(stateDir, 'logs'), failure.reject);
    cleanup.defer(() => logs.close());
    const childrenFile = join(stateDir, 'children');
    const children = createChildren(childrenFile, failure.reject);
    process.once('exit', () => children.killAll());
    cleanup.defer(guardChildren(childrenFile));

    const tls = serverCertificate(join(stateDir, 'tls'));
    const { stacks, assets } = await step(console, 'the local environment', async () => {
      const directory = options.assemblyDir ?? join(stateDir, 'assembly');
      if (options.assemblyDir === undefined && (await synthesize(directory, interrupted))) {
        rmSync(compiledDir(stateDir), { recursive: true, force: true });
      }
      return readAssembly(directory);
    });
    const region = stacks[0]?.region ?? '';
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const endpointUrl = options.endpointUrl ?? (await embeddedEndpoint(options, region, console, cleanup));
    const status = createStatusBoard();
    const runtime: Omit<Runtime, 'stopping'> = {
      stateDir,
      region,
      accountId: anyAccount,
      endpointUrl,
      credentials,
      edgePort: options.edgePort,
      tls: await tls,
      assets,
      parts: createParts(),
      ports: createPorts(join(stateDir, 'ports.json')),
      children,
      report: console,
      status,
      log: logs.open,
    };
    const engine = createEngine({ stacks, drivers, fetchSecret: createSecretFetcher(runtime) });
    status.add('endpoint', async () => endpointUrl);
    status.add('declaredOnly', async () => engine.declaredOnly);
    const control = await startControl(claim.control, {
      status: () => status.read(),
      kill: (taskId) => runtime.parts.all('service').some((service) => service.kill(taskId)),
    });
    cleanup.defer(() => control.stop());

    const stopEngine = (): Promise<void> => engine.stop((what) => console.line(`stopped ${what}`));
    // What would not stop is told, and hides neither why the start failed nor keeps the rest from stopping.
    cleanup.defer(() => stopEngine().catch((error: unknown) => console.event(explain(error))));
    interrupted.throwIfAborted();
    interrupted.addEventListener('abort', () => void stopEngine().catch(() => undefined));
    await Promise.race([engine.up(runtime), failure.promise]);
    printSummary(console, await status.read(), join(stateDir, 'logs'));
    await Promise.race([aborted(interrupted), failure.promise]);
  } catch (error) {
    if (interrupted.aborted) return;
    const message = explain(error);
    const hint = message.startsWith(diskFull) ? '' : diskSpaceHint(stateDir);
    throw new Refusal(message + hint, { cause: error });
  } finally {
    await cleanup.disposeAsync();
  }
}

/** Ends what a killed start has left running, and empties the folder when it is to be fresh. */
async function tidy({ stateDir, fresh }: StartOptions, console: Console): Promise<void> {
  const names = await endLeftovers(join(stateDir, 'children'));
  if (names.length > 0) console.event(`ended ${names.length} processes that an earlier start left running`);
  if (fresh) emptyState(stateDir);
}

async function checkPorts({ edgePort, endpointPort, endpointUrl }: StartOptions): Promise<void> {
  const wanted: [string, string, number][] = [['the edge', '--port', edgePort]];
  if (endpointUrl === undefined) wanted.push(['the AWS endpoint', '--endpoint-port', endpointPort]);
  else await checkReachable(endpointUrl);
  const taken: string[] = [];
  for (const [what, option, port] of wanted) {
    if (await isFree(port)) continue;
    taken.push(
      `Port ${port} for ${what} is in use. Stop what listens there, or choose another: npm start -- ${option} ${port + 1}`,
    );
  }
  if (taken.length > 0) throw new Refusal(taken.join('\n'));
}

async function checkReachable(url: string): Promise<void> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    throw new Refusal(
      `AWS_ENDPOINT_URL is ${url}, and nothing answers there. Start it (npm run localstack), or unset the variable to ` +
        'use the embedded endpoint.',
      { cause: error },
    );
  }
}

async function embeddedEndpoint(
  { stateDir, endpointPort: port }: StartOptions,
  region: string,
  console: Console,
  cleanup: AsyncDisposableStack,
): Promise<string> {
  const dataDir = join(stateDir, 'endpoint');
  const endpoint = await step(console, 'AWS endpoint', () =>
    startEndpoint({ port, dataDir, region, accountId: anyAccount }),
  );
  cleanup.defer(() => endpoint.stop());
  return endpoint.url;
}

async function step<T>(console: Console, what: string, work: () => Promise<T>): Promise<T> {
  console.starting(what);
  const result = await work();
  console.ready(what);
  return result;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
