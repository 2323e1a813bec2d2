import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { serverCertificate } from '../../../local/host/tls.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'headroom-tls-'));
});
afterEach(async () => {
  mock.timers.reset();
  await rm(dir, { recursive: true, force: true });
});
const certificate = async (file: string) => new X509Certificate(await readFile(file));

test('the certificate is for localhost and both loopback addresses and signed by the CA; only its owner can read the key', async () => {
  const { certFile, keyFile, caFile, ca } = await serverCertificate(dir);
  const server = await certificate(certFile);
  expect(server.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
  expect(server.verify((await certificate(caFile)).publicKey)).toBe(true);
  expect(ca).toBe(await readFile(caFile, 'utf8'));
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
});

test('the certificate is reused from start to start, and renewed in the month before it expires', async () => {
  const first = await serverCertificate(dir);
  expect(await serverCertificate(dir)).toEqual(first);
  const day = 86_400_000;
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 334 * day });
  expect(await serverCertificate(dir)).toEqual(first);
  mock.timers.setTime(Date.now() + 2 * day);
  expect((await serverCertificate(dir)).ca).not.toBe(first.ca);
});

test.each(['server.key', 'server.pem', 'ca.pem'])('an incomplete %s is replaced', async (file) => {
  const first = await serverCertificate(dir);
  await truncate(join(dir, file), 10);
  const second = await serverCertificate(dir);
  expect(second.ca).not.toBe(first.ca);
  expect(await serverCertificate(dir)).toEqual(second);
});

test('files that do not match are replaced', async () => {
  const first = await serverCertificate(dir);
  const other = await serverCertificate(join(dir, 'other'));
  await copyFile(other.caFile, first.caFile);
  const { certFile, caFile } = await serverCertificate(dir);
  expect((await certificate(certFile)).verify((await certificate(caFile)).publicKey)).toBe(true);
});
