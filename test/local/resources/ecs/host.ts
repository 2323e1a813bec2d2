import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Host } from '../../../../local/host/host.ts';
import { createPorts } from '../../../../local/host/ports.ts';

/** A host whose every asset is its own directory, which also holds the logs. */
export function createTestHost(more: Partial<Host> = {}) {
  const stateDir = mkdtempSync(join(tmpdir(), 'headroom-host-'));
  const children = new Set<number>();
  const host: Host = {
    stateDir,
    region: 'eu-central-1',
    accountId: '000000000000',
    endpointUrl: 'http://127.0.0.1:4566',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    edgePort: 0,
    tls: { caFile: '/ca.pem', certFile: '/cert.pem', keyFile: '/key.pem' } as Host['tls'],
    assets: {
      image: () => ({ directory: stateDir, dockerfile: join(stateDir, 'Dockerfile'), buildArgs: {} }),
      file: () => stateDir,
    },
    ports: createPorts(join(stateDir, 'ports.json')),
    children: { add: (pid) => void children.add(pid), remove: (pid) => void children.delete(pid) },
    log: (source) => createWriteStream(join(stateDir, `${source}.log`), { flags: 'a' }),
    ...more,
  };
  return { host, children, dispose: () => rmSync(stateDir, { recursive: true, maxRetries: 5 }) };
}
