import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import type { Resource, Runtime } from '../kernel/driver.ts';

/** What every SDK client of the drivers is made with. */
export function clientConfig({ endpointUrl, region, credentials }: Runtime) {
  return { endpoint: endpointUrl, region, credentials, forcePathStyle: true };
}

/**
 * The name the template gives, else one made of stack and logical id: the same at each start, as CloudFormation's stays
 * the same for the life of the resource. One that is too long ends in a hash instead.
 */
export function physicalName({ stack, logicalId }: Resource, given: string | undefined, maxLength: number): string {
  const name = given ?? `${stack}-${logicalId}`;
  if (name.length <= maxLength) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, maxLength - hash.length - 1)}-${hash}`;
}

/** Runs `work`, and answers undefined instead of the SDK's error of one of these names. */
export async function unless<T>(errorNames: readonly string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && errorNames.includes(error.name)) return undefined;
    throw error;
  }
}

/** The schema of properties, named in a list, that a driver takes and has nothing to do for. */
export function notRun(names: string) {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, Type.Optional(Type.Unknown())] as const));
}
