import { dirname, join } from 'node:path';

import type { Runtime } from '../kernel/driver.ts';

/** Keeps the bundles as V8 compiled them. */
export const compiledDir = (stateDir: string): string => join(stateDir, 'compiled');

/** What the platform gives every task and function beside what its template states: an endpoint, credentials, a CA. */
export function platformEnvironment({
  stateDir,
  endpointUrl,
  credentials,
  tls,
}: Runtime): Readonly<Record<string, string>> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    NODE_EXTRA_CA_CERTS: tls.caFile,
    // Compiled once for all tasks of a bundle: a task is up a quarter sooner, which counts when a dozen start at once.
    NODE_COMPILE_CACHE: compiledDir(stateDir),
  };
}
