import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** The server certificate, its key and the certificate of the CA that signed it, as PEM files. */
export interface Tls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  /** PEM text of `caFile`, which clients must trust. */
  readonly ca: string;
}

const dayMs = 86_400_000;
const validityMs = 365 * dayMs;
const renewBeforeMs = 30 * dayMs;

/**
 * Returns the certificate for localhost, 127.0.0.1 and ::1 in `dir`. It is created on first use and renewed 30 days
 * before it expires. The CA's key is never stored, so it cannot sign another certificate that the tasks would trust.
 */
export async function serverCertificate(dir: string): Promise<Tls> {
  const files = { certFile: join(dir, 'server.pem'), keyFile: join(dir, 'server.key'), caFile: join(dir, 'ca.pem') };
  const stored = await readUsable(files);
  if (stored) return { ...files, ca: stored };

  const { ca, cert, key } = await issue();
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await replaceFile(files.keyFile, key);
  await replaceFile(files.certFile, cert);
  await replaceFile(files.caFile, ca);
  return { ...files, ca };
}

/**
 * Returns the CA's PEM text; undefined if the certificate expires soon, or if the three files do not match, which an
 * interrupted start can cause.
 */
async function readUsable(files: Omit<Tls, 'ca'>): Promise<string | undefined> {
  try {
    const ca = await readFile(files.caFile, 'utf8');
    const cert = new X509Certificate(await readFile(files.certFile));
    const key = createPrivateKey(await readFile(files.keyFile));
    const match = cert.checkPrivateKey(key) && cert.verify(new X509Certificate(ca).publicKey);
    return match && cert.validToDate.getTime() - Date.now() > renewBeforeMs ? ca : undefined;
  } catch {
    return undefined;
  }
}

async function issue(): Promise<{ ca: string; cert: string; key: string }> {
  const common = {
    keyType: 'ec',
    algorithm: 'sha256',
    // Valid from yesterday, in case the clock is set back after this.
    notBeforeDate: new Date(Date.now() - dayMs),
    notAfterDate: new Date(Date.now() + validityMs),
  } as const;
  const authority = await generate([{ name: 'commonName', value: 'Headroom laptop CA' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { ca: authority.cert, cert: server.cert, key: server.private };
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
