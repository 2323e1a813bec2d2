import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEndpoint } from '../../local/endpoint/server.ts';
import { freePort } from '../../local/host/free-port.ts';

export interface TestEndpoint {
  readonly url: string;
  /** For the constructor of any SDK client. */
  readonly clientConfig: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    forcePathStyle: boolean;
  };
  /** Restarts the endpoint on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an embedded AWS endpoint for one test file, in a directory that `stop` removes. */
export async function startTestEndpoint(edgePort = 8080): Promise<TestEndpoint> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headroom-endpoint-'));
  const options = { port: await freePort(), edgePort, dataDir, region: 'eu-central-1', accountId: '000000000000' };
  let endpoint = await startEndpoint(options);
  return {
    url: endpoint.url,
    clientConfig: {
      endpoint: endpoint.url,
      region: options.region,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      forcePathStyle: true,
    },
    async restart() {
      await endpoint.stop();
      endpoint = await startEndpoint(options);
    },
    async stop() {
      await endpoint.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
