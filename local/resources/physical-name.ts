import { createHash } from 'node:crypto';

import type { Resource } from '../kernel/resource.ts';

/**
 * The name in the template, else one made of stack and logical id: the same at each start, as CloudFormation's stays the
 * same for the life of the resource. One that is too long ends in a hash.
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
