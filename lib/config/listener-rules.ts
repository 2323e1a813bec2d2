import { createHash } from 'node:crypto';

/** ALB's limit on values in the conditions of one rule. */
const valuesPerRule = 5;

/** A rule of the load balancer's listener. */
export interface ListenerRule {
  readonly id: string;
  readonly priority: number;
  readonly paths: readonly string[];
}

/** The rules that send these paths to a service: one for every five of them. */
export function listenerRules(service: string, paths: readonly string[]): readonly ListenerRule[] {
  return Array.from({ length: Math.ceil(paths.length / valuesPerRule) }, (_, index) => {
    // No service has a name with a hyphen, so no other has this one.
    const id = index === 0 ? service : `${service}-${index + 1}`;
    return { id, priority: priorityOf(id), paths: paths.slice(index * valuesPerRule, (index + 1) * valuesPerRule) };
  });
}

/**
 * A rule's priority, 1 to 50000, from its name: paths never overlap, so order means nothing, and a row put in the middle of
 * the table moves no other rule (CloudFormation cannot swap priorities).
 */
const priorityOf = (name: string): number => (createHash('sha256').update(name).digest().readUInt32BE() % 50_000) + 1;
