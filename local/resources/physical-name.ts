import { createHash } from 'node:crypto';

import type { Resource } from '../kernel/resource.ts';

/**
 * Returns the name in the template, or a name generated from stack and logical id. A generated name is the same at each
 * start. A name that is too long is shortened and ends in a hash.
 *
 * @param maxLength in characters
 */
export function physicalName(
  { stack, logicalId }: Pick<Resource, 'stack' | 'logicalId'>,
  given: string | undefined,
  maxLength: number,
): string {
  const name = given ?? `${stack}-${logicalId}`;
  if (name.length <= maxLength) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, maxLength - hash.length - 1)}-${hash}`;
}
