import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const local = resolve(import.meta.dirname, '../../../../local');

let dir: string;
beforeEach(() => {
  // Like root's home directory: no other user may enter.
  dir = mkdtempSync(join(tmpdir(), 'headroom-as-root-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Starts and stops PostgreSQL in a child process. Returns the uid of the owner of its data. */
async function ownerOfData(path: string): Promise<number> {
  const script = `
    import { statSync } from 'node:fs';
    import { PassThrough } from 'node:stream';
    import { startPostgres } from '${local}/resources/rds/postgres.ts';
    import { serverCertificate } from '${local}/host/tls.ts';
    import { freePort } from '${local}/host/free-port.ts';
    const tls = await serverCertificate('${dir}/tls');
    const log = new PassThrough().resume();
    const server = await startPostgres({ dir: '${dir}/postgres/primary', port: await freePort(), tls, log, durable: false });
    console.log(statSync(server.dataDir).uid);
    await server.stop();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: path },
  });
  return Number(stdout);
}

test('without user namespaces, root runs PostgreSQL as another user, other users run it as themselves', async () => {
  const closed = join(dir, 'bin');
  mkdirSync(closed);
  writeFileSync(join(closed, 'unshare'), '#!/bin/sh\necho "unshare failed: Operation not permitted" >&2\nexit 1\n');
  chmodSync(join(closed, 'unshare'), 0o755);
  const self = process.getuid?.();
  expect(await ownerOfData(`${closed}:${process.env['PATH']}`)).toBe(self === 0 ? 65_534 : self);
}, 30_000);
