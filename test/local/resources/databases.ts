import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createChildren } from '../../../local/host/children.ts';
import type { Host } from '../../../local/host/host.ts';
import { createPorts } from '../../../local/host/ports.ts';
import { serverCertificate } from '../../../local/host/tls.ts';
import { elasticache } from '../../../local/resources/elasticache/elasticache.ts';
import { rds } from '../../../local/resources/rds/rds.ts';
import { joinSections } from '../../../local/status.ts';
import { createResources } from '../../support/resources.ts';

const unused = () => {
  throw new Error('not used by these families');
};

/** Brings up single resources of RDS and ElastiCache on a host with a state folder of its own. */
export async function createDatabaseResources() {
  const stateDir = await mkdtemp(join(tmpdir(), 'headroom-databases-'));
  const host: Host = {
    stateDir,
    region: 'eu-central-1',
    accountId: '000000000000',
    endpointUrl: '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    edgePort: 0,
    tls: await serverCertificate(join(stateDir, 'tls')),
    assets: { image: unused, file: unused },
    ports: createPorts(join(stateDir, 'ports.json')),
    children: createChildren(join(stateDir, 'children'), unused),
    log: (source) => createWriteStream(join(stateDir, `${source}.log`), { flags: 'a' }),
  };
  const resources = createResources([...rds(host).definitions, ...elasticache(host).definitions], 'test');
  return {
    ...resources,
    host,
    status: async () => joinSections(await resources.describe()),
    async dispose() {
      await resources.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

export type DatabaseResources = Awaited<ReturnType<typeof createDatabaseResources>>;
