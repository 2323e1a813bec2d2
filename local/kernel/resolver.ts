import { resolveDynamicReferences, type FetchSecret } from './assembly/dynamic-references.ts';
import { keyOf, type Export, type Graph, type Node } from './assembly/graph.ts';
import { resolveIntrinsics, type Scope } from './assembly/intrinsics.ts';
import { scopeOf } from './assembly/scope.ts';
import { TemplateError, type Stack } from './assembly/template.ts';
import type { Running } from './resource.ts';

/** The results of `Ref` and `Fn::GetAtt` for a running resource. */
type Identity = Pick<Running, 'ref' | 'attributes'>;

/** Resolves the properties of a resource: first its intrinsics, from the running resources, then its secrets. */
export type Resolver = (node: Node) => Promise<unknown>;

export function createResolver(
  stacks: readonly Stack[],
  graph: Graph,
  identityOf: (key: string) => Identity | undefined,
  fetchSecret: FetchSecret,
): Resolver {
  const scopes = new Map(stacks.map((stack) => [stack.name, scopeWhenUp(stack)]));

  function scopeWhenUp(stack: Stack): Scope {
    const identity = (logicalId: string): Identity => {
      const found = identityOf(keyOf(stack.name, logicalId));
      if (found === undefined) throw new TemplateError(`${keyOf(stack.name, logicalId)} is not up`);
      return found;
    };
    const valueOf = ({ stack: exporter, output }: Export): unknown =>
      resolveIntrinsics(output.Value, scopes.get(exporter.name) as Scope, `${exporter.name}.Outputs`);
    return scopeOf(stack, {
      ref: (logicalId) => identity(logicalId).ref,
      attribute(logicalId, name) {
        const value = identity(logicalId).attributes?.[name];
        if (value === undefined) throw new TemplateError(`${keyOf(stack.name, logicalId)} has no attribute ${name}`);
        return value;
      },
      importValue: (name) => valueOf(graph.exported(name)),
      stackOutput: (name, output, region) => valueOf(graph.output(name, output, region)),
    });
  }

  return async ({ stack, definition }) => {
    const resolved = resolveIntrinsics(definition.Properties ?? {}, scopes.get(stack.name) as Scope, 'Properties');
    return resolveDynamicReferences(resolved, fetchSecret);
  };
}
