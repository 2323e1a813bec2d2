import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { startEndpoint } from '../endpoint/server.ts';
import { createChildren, endLeftovers, guardChildren } from '../host/children.ts';
import { checkDiskSpace, diskSpaceHint } from '../host/disk-space.ts';
import { containerFiles, removeContainers } from '../host/docker.ts';
import type { Host } from '../host/host.ts';
import { createLogFiles } from '../host/log-files.ts';
import { createPorts } from '../host/ports.ts';
import { claimState, emptyState, prepareState } from '../host/state.ts';
import { serverCertificate } from '../host/tls.ts';
import { anyAccount } from '../kernel/assembly/read-assembly.ts';
import { createEngine } from '../kernel/engine.ts';
import { diskFull, explain, Refusal } from '../kernel/refusal.ts';
import { createDefinitions } from '../resources/families.ts';
import { createSecretFetcher } from '../resources/secretsmanager/secret-fetcher.ts';
import { createAssemblySource } from './assembly.ts';
import { checkAddresses } from './check-addresses.ts';
import type { Console } from './console.ts';
import { startControl } from './control.ts';
import { createControls } from './controls.ts';
import { showProgress } from './progress.ts';
import { printSummary } from './summary.ts';

export interface StartOptions {
  readonly stateDir: string;
  readonly edgePort: number;
  readonly endpointPort: number;
  /** A running AWS endpoint to use. @default - the embedded one */
  readonly endpointUrl?: string;
  /** An existing cloud assembly to use. @default - one synthesized from this repository */
  readonly assemblyDir?: string;
  /** Whether tasks are containers of their images. */
  readonly containers: boolean;
  /** Whether to delete what earlier starts have stored. */
  readonly fresh: boolean;
}

/**
 * Brings the whole system up and runs it until `interrupted` aborts, then stops it in order.
 *
 * @throws Refusal if the system cannot start or `failure` rejects; everything has been stopped then
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
  // A second Ctrl-C exits without the cleanup.
  process.once('exit', () => claim.release());
  try {
    await clean(options, console);
    await checkAddresses(options);
    interrupted.throwIfAborted();
    checkDiskSpace(stateDir);
    const assembly = createAssemblySource(stateDir, options.assemblyDir);
    const tls = serverCertificate(join(stateDir, 'tls'));
    const stacks = await step(console, 'templates', () => assembly.read(interrupted));
    const host = await createHost(
      options,
      stacks[0]?.region ?? '',
      assembly.assets,
      await tls,
      failure.reject,
      cleanup,
    );
    if (options.endpointUrl === undefined) {
      await step(console, 'AWS endpoint', () => embeddedEndpoint(options, host, cleanup));
    }
    const fetchSecret = createSecretFetcher(host);
    const engine = createEngine({ stacks, definitions: createDefinitions(host, fetchSecret), fetchSecret });
    showProgress(engine.events, console);
    const controls = createControls({ engine, assembly, endpointUrl: host.endpointUrl, interrupted });
    const control = await startControl(claim.control, controls);
    cleanup.defer(() => control.stop());
    // Errors while stopping are printed, so that they do not replace the error of the start or skip the rest of the
    // cleanup.
    cleanup.defer(() => engine.stop().catch((error: unknown) => console.note(explain(error))));
    interrupted.throwIfAborted();
    interrupted.addEventListener('abort', () => void engine.stop().catch(() => undefined));
    await Promise.race([engine.up(), failure.promise]);
    printSummary(console, await controls.status(), join(stateDir, 'logs'));
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

/** Ends processes and containers that a killed start left running, and empties the state folder for a fresh start. */
async function clean({ stateDir, fresh }: StartOptions, console: Console): Promise<void> {
  const names = await endLeftovers(join(stateDir, 'children'));
  if (names.length > 0) console.note(`ended ${names.length} processes that an earlier start left running`);
  if (existsSync(containerFiles(stateDir))) removeContainers(stateDir);
  if (fresh) emptyState(stateDir);
}

async function createHost(
  { stateDir, edgePort, endpointPort, containers, endpointUrl = `http://127.0.0.1:${endpointPort}` }: StartOptions,
  region: string,
  assets: Host['assets'],
  tls: Host['tls'],
  onError: (error: unknown) => void,
  cleanup: AsyncDisposableStack,
): Promise<Host> {
  const logs = createLogFiles(join(stateDir, 'logs'), onError);
  cleanup.defer(() => logs.close());
  const childrenFile = join(stateDir, 'children');
  const children = createChildren(childrenFile, onError);
  process.once('exit', () => children.killAll());
  cleanup.defer(guardChildren(childrenFile));
  return {
    stateDir,
    region,
    accountId: anyAccount,
    endpointUrl,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    edgePort,
    containers,
    tls,
    assets,
    ports: createPorts(join(stateDir, 'ports.json')),
    children,
    log: logs.open,
  };
}

async function embeddedEndpoint(
  { stateDir, edgePort, endpointPort }: StartOptions,
  { region, accountId }: Host,
  cleanup: AsyncDisposableStack,
): Promise<void> {
  const dataDir = join(stateDir, 'endpoint');
  const endpoint = await startEndpoint({ port: endpointPort, edgePort, dataDir, region, accountId });
  cleanup.defer(() => endpoint.stop());
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
