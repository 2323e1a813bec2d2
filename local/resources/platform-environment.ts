import { dirname, join } from 'node:path';

import type { Host } from '../host/host.ts';

/** Where Node stores the compiled code of bundles. */
export const compiledDir = (stateDir: string): string => join(stateDir, 'compiled');

/** The PATH of tasks and functions: the Node that runs this comes first. */
export const platformPath = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;

/** What tasks and functions find beside the variables of their templates: an endpoint, credentials, the CA. */
export function platformEnvironment({
  stateDir,
  region,
  endpointUrl,
  credentials,
  tls,
}: Pick<Host, 'stateDir' | 'region' | 'endpointUrl' | 'credentials' | 'tls'>): Readonly<Record<string, string>> {
  return {
    PATH: platformPath,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    NODE_EXTRA_CA_CERTS: tls.caFile,
    // Compiled once for all tasks of a bundle: a task starts a quarter sooner, which counts when a dozen start at once.
    NODE_COMPILE_CACHE: compiledDir(stateDir),
    ...telemetryEnvironment(),
  };
}

/** Where telemetry goes is a matter of the person who starts the system, as is the endpoint of AWS: no template says it. */
const telemetryEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_TRACES_SAMPLER_ARG'].flatMap((name) => {
      const value = process.env[name];
      return value ? [[name, value]] : [];
    }),
  );
