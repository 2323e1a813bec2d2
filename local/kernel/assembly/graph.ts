import { resolveIntrinsics, type Scope } from './intrinsics.ts';
import { references, type Reference } from './references.ts';
import { scopeOf, type Surroundings } from './scope.ts';
import { TemplateError, type Output, type ResourceDefinition, type Stack } from './template.ts';

/** A resource, and the resources that must be up before it. */
export interface Node {
  /** Unique over all stacks: `stack/logicalId`. */
  readonly key: string;
  readonly stack: Stack;
  readonly logicalId: string;
  readonly definition: ResourceDefinition;
  /** Keys of the resources that its properties refer to. */
  readonly refersTo: ReadonlySet<string>;
  /** Those, and the ones that DependsOn names. */
  readonly needs: ReadonlySet<string>;
}

export interface Export {
  readonly stack: Stack;
  readonly output: Output;
}

export interface Graph {
  readonly nodes: ReadonlyMap<string, Node>;
  /** @throws TemplateError for a name that no stack exports */
  exported(name: string): Export;
  /**
   * @param region that the stack must be in
   * @throws TemplateError for a missing stack or output, and for an output whose condition is false
   */
  output(stack: string, name: string, region: string): Export;
}

export const keyOf = (stack: string, logicalId: string): string => `${stack}/${logicalId}`;

/**
 * Builds the dependency graph of all resources of all stacks. Edges are references, including those to exports of other
 * stacks, and `DependsOn`. Resources whose condition is false are left out.
 *
 * @throws TemplateError for a reference to a missing resource, and for a cycle
 */
export function buildGraph(stacks: readonly Stack[]): Graph {
  const scopes = new Map(stacks.map((stack) => [stack.name, scopeOf(stack, beforeAnythingIsUp(stack))]));
  const scope = (stack: Stack): Scope => scopes.get(stack.name) as Scope;
  const holds = (stack: Stack, condition: string | undefined): boolean =>
    condition === undefined || scope(stack).condition(condition);

  const exports = new Map<string, Export>();
  for (const stack of stacks) {
    for (const [name, output] of Object.entries(stack.template.Outputs ?? {})) {
      if (output.Export === undefined || !holds(stack, output.Condition)) continue;
      const exportName = resolveIntrinsics(output.Export.Name, scope(stack), `Outputs.${name}.Export.Name`);
      exports.set(String(exportName), { stack, output });
    }
  }
  const graph = {
    exported(name: string): Export {
      const found = exports.get(name);
      if (found === undefined) throw new TemplateError(`no stack exports ${name}`);
      return found;
    },
    output(stackName: string, name: string, region: string): Export {
      const stack = stacks.find((each) => each.name === stackName && each.region === region);
      if (stack === undefined) throw new TemplateError(`there is no stack ${stackName} in ${region}`);
      const output = stack.template.Outputs?.[name];
      if (output === undefined || !holds(stack, output.Condition))
        throw new TemplateError(`${stackName} has no output ${name}`);
      return { stack, output };
    },
  };

  const nodes = new Map<string, Node>();
  for (const stack of stacks) {
    for (const [logicalId, definition] of Object.entries(stack.template.Resources ?? {})) {
      if (!holds(stack, definition.Condition)) continue;
      const key = keyOf(stack.name, logicalId);
      const refersTo = referencesOf(stack, definition, `${key}.Properties`);
      const needs = new Set([...refersTo, ...dependenciesOf(stack, definition)]);
      nodes.set(key, { key, stack, logicalId, definition, refersTo, needs });
    }
  }
  checkReferences(nodes);
  checkCycles(nodes);
  return { nodes, ...graph };

  function referencesOf(stack: Stack, { Properties }: ResourceDefinition, path: string): Set<string> {
    const found = references(Properties, (name) => scope(stack).condition(name));
    return new Set(found.flatMap((reference) => keysOf(reference, stack, path)));
  }

  function dependenciesOf(stack: Stack, { DependsOn = [] }: ResourceDefinition): string[] {
    const existing = [DependsOn].flat().filter((id) => holds(stack, stack.template.Resources?.[id]?.Condition));
    return existing.map((id) => keyOf(stack.name, id));
  }

  function keysOf(reference: Reference, stack: Stack, path: string): string[] {
    const known = (value: unknown): string => String(resolveIntrinsics(value, scope(stack), path));
    if (reference.kind === 'name') {
      const { name } = reference;
      const isParameter = name.startsWith('AWS::') || Object.hasOwn(stack.template.Parameters ?? {}, name);
      return isParameter ? [] : [keyOf(stack.name, name)];
    }
    const { stack: exporter, output } =
      reference.kind === 'import'
        ? graph.exported(known(reference.exportName))
        : graph.output(known(reference.stack), known(reference.output), known(reference.region ?? stack.region));
    return references(output.Value, (name) => scope(exporter).condition(name)).flatMap((inner) =>
      keysOf(inner, exporter, path),
    );
  }
}

/** The graph is built before any resource runs, so conditions and export names cannot depend on a resource. */
function beforeAnythingIsUp(stack: Stack): Surroundings {
  const refuse = (name: string): never => {
    throw new TemplateError(`stack ${stack.name}: ${name} must be known before any resource is created`);
  };
  return { ref: refuse, attribute: refuse, importValue: refuse, stackOutput: refuse };
}

function checkReferences(nodes: ReadonlyMap<string, Node>): void {
  for (const { key, needs } of nodes.values()) {
    for (const need of needs) {
      if (!nodes.has(need)) throw new TemplateError(`${key} refers to ${need}, which does not exist`);
    }
  }
}

function checkCycles(nodes: ReadonlyMap<string, Node>): void {
  const done = new Set<string>();
  const visit = (key: string, path: readonly string[]): void => {
    if (done.has(key)) return;
    const start = path.indexOf(key);
    if (start !== -1) throw new TemplateError(`circular dependency: ${[...path.slice(start), key].join(' -> ')}`);
    for (const need of nodes.get(key)?.needs ?? []) visit(need, [...path, key]);
    done.add(key);
  };
  for (const key of nodes.keys()) visit(key, []);
}
