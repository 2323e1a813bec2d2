import type { Resource } from '../../kernel/resource.ts';

/** The name of a load balancer or target group without one in the template. AWS allows 32 characters. */
export const generatedName = ({ logicalId }: Pick<Resource, 'logicalId'>): string => logicalId.slice(0, 32);

/** Attributes are lists of keys and values in templates. */
export const toRecord = (list: readonly { readonly Key: string; readonly Value: string }[]): Record<string, string> =>
  Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
