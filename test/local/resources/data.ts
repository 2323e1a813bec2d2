import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChildren } from '../../../local/host/children.ts';
import type { Identity, Runtime } from '../../../local/kernel/driver.ts';
import { drivers } from '../../../local/resources/families.ts';
import { createParts } from '../../../local/kernel/parts.ts';
import { createPorts } from '../../../local/host/ports.ts';
import { createStatusBoard, type ReadableStatusBoard } from '../../../local/cli/status-board.ts';
import { serverCertificate } from '../../../local/host/tls.ts';
import { startTestEndpoint } from '../../support/endpoint.ts';

/**
 * Brings up single resources with a runtime of real parts. Its AWS endpoint is the embedded one, or the one that
 * AWS_ENDPOINT_URL names, such as LocalStack.
 */
export async function createDataRuntime() {
  const stateDir = await mkdtemp(join(tmpdir(), 'headroom-drivers-'));
  const external = process.env['AWS_ENDPOINT_URL'];
  const embedded = external === undefined ? await startTestEndpoint() : undefined;
  const stops: (() => Promise<void>)[] = [];
  const events: string[] = [];
  const unused = () => {
    throw new Error('not used by these drivers');
  };
  // A stack of its own for each run, so that nothing of an earlier one is in the way.
  const stack = `test-${process.hrtime.bigint()}`;
  const tls = await serverCertificate(join(stateDir, 'tls'));
  const startRuntime = (): Runtime & { readonly status: ReadableStatusBoard } => ({
    stateDir,
    region: 'eu-central-1',
    accountId: '000000000000',
    endpointUrl: embedded?.url ?? String(external),
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    edgePort: 0,
    stopping: new AbortController().signal,
    tls,
    assets: { image: unused, file: unused },
    parts: createParts(),
    ports: createPorts(join(stateDir, 'ports.json')),
    children: createChildren(join(stateDir, 'children'), unused),
    report: { starting: () => {}, ready: () => {}, event: (message) => void events.push(message) },
    status: createStatusBoard(),
    log: (source) => createWriteStream(join(stateDir, `${source}.log`), { flags: 'a' }),
  });
  let runtime = startRuntime();
  const stop = async () => {
    for (const each of stops.splice(0).toReversed()) await each();
  };

  return {
    get runtime() {
      return runtime;
    },
    events,
    stack,
    /** For the constructor of any SDK client. */
    clientConfig: {
      endpoint: runtime.endpointUrl,
      region: runtime.region,
      credentials: runtime.credentials,
      forcePathStyle: true,
    },
    async up(type: string, logicalId: string, properties: Record<string, unknown>): Promise<Identity> {
      const driver = drivers.find(({ types }) => types.includes(type));
      if (!driver) throw new Error(`no driver for ${type}`);
      const identity = await driver.up({ stack, logicalId, type, properties }, runtime);
      if (identity.stop) stops.push(identity.stop);
      return identity;
    },
    /** Stops everything; what is brought up afterwards finds what was kept, as at the next start. */
    async restart() {
      await stop();
      runtime = startRuntime();
    },
    async dispose() {
      await stop();
      await embedded?.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

export type DataRuntime = Awaited<ReturnType<typeof createDataRuntime>>;
