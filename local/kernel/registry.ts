import { build } from '@aws-sdk/util-arn-parser';

import type { Node } from './assembly/graph.ts';
import { TemplateError } from './assembly/template.ts';
import { isRun, type DeclaredOnly, type Definition, type Running } from './resource.ts';

/** Finds the definition of a resource type. */
export interface Registry {
  get(node: Node): Definition;
  /** @throws TemplateError that lists every resource whose type has no definition */
  check(nodes: Iterable<Node>): void;
}

export function createRegistry(definitions: readonly Definition[]): Registry {
  const byType = new Map(definitions.map((definition) => [definition.type, definition]));
  return {
    get: ({ definition }) => byType.get(definition.Type) as Definition,
    check(nodes) {
      const unknown = [...nodes].filter(({ definition }) => !byType.has(definition.Type));
      if (unknown.length === 0) return;
      const list = unknown.map(({ key, definition }) => `  ${definition.Type} (${key})`).join('\n');
      throw new TemplateError(
        `The local runtime does not know these resource types of the templates:\n${list}\n` +
          'docs/another-app.md lists the types that run. Leave the resource out for a laptop, or define its type in local/resources/.',
      );
    },
  };
}

/**
 * Returns what other resources see of one that does not run: `Ref` is its logical id, an attribute whose name ends in
 * `Arn` is a well-formed ARN, any other attribute is `<logical id>.<attribute>`.
 */
export function standIn({ stack, logicalId }: Node, { arn }: DeclaredOnly): Running {
  const [service = '', type = ''] = arn.split(':');
  const region = service === 'iam' ? '' : stack.region;
  const value = build({ service, region, accountId: stack.accountId, resource: `${type}/${logicalId}` });
  const attributes = new Proxy<Record<string, string>>(
    {},
    { get: (_target, name) => (String(name).endsWith('Arn') ? value : `${logicalId}.${String(name)}`) },
  );
  return { ref: logicalId, attributes };
}

/** Counts the resources of each type that is declared and not run, in alphabetical order of the types. */
export function countDeclaredOnly(nodes: Iterable<Node>, registry: Registry): Record<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const { Type: type } = node.definition;
    if (!isRun(registry.get(node))) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b)));
}
