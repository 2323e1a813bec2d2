import type { Host } from '../host/host.ts';

/** What a family needs whose resources are at the AWS endpoint. */
export type AwsHost = Pick<Host, 'endpointUrl' | 'region' | 'credentials'>;

/** The configuration of every SDK client of the families. */
export function clientConfig({ endpointUrl, region, credentials }: AwsHost) {
  // With the bucket in the path: a laptop does not resolve `<bucket>.127.0.0.1`.
  return { endpoint: endpointUrl, region, credentials, forcePathStyle: true };
}

/** Runs `work`; returns undefined when it rejects with an SDK error of one of these names. */
export async function unless<T>(errorNames: readonly string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && errorNames.includes(error.name)) return undefined;
    throw error;
  }
}
