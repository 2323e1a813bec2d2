import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
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

/** A PATH on which the commands fail. */
function pathWithout(...commands: string[]): string {
  const closed = join(dir, 'bin');
  mkdirSync(closed);
  for (const command of commands) {
    writeFileSync(join(closed, command), `#!/bin/sh\necho "${command} failed: Operation not permitted" >&2\nexit 1\n`);
    chmodSync(join(closed, command), 0o755);
  }
  return `${closed}:${process.env['PATH']}`;
}

const self = process.getuid?.();
const expectedOwner = self === 0 ? 65_534 : self;

test('without user namespaces, root runs PostgreSQL as another user, other users run it as themselves', async () => {
  expect(await ownerOfData(pathWithout('unshare'))).toBe(expectedOwner);
});

/** Without setpriv the other user must be able to read the clone. */
const { status } = spawnSync(process.execPath, ['-e', `fs.readdirSync(${JSON.stringify(local)})`], {
  ...(self === 0 && { uid: 65_534, gid: 65_534 }),
  cwd: '/',
});
const isCloneReadable = status === 0;

test('without setpriv too, the other user passes through the folders above its data, if it can read the clone', async () => {
  // The folder of the test run, which only its owner may enter.
  chmodSync(dirname(dir), 0o711);
  const owner = ownerOfData(pathWithout('unshare', 'setpriv'));
  if (!isCloneReadable) {
    await expect(owner).rejects.toThrow('move the clone to a folder that other users can read');
    return;
  }
  expect(await owner).toBe(expectedOwner);
  expect(statSync(dir).mode & 0o777).toBe(self === 0 ? 0o711 : 0o700);
});
