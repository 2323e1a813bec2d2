import { isDeclaredOnly, standIn } from '../resources/declared-only.ts';
import type { Driver, Identity, Runtime } from './driver.ts';
import { resolveDynamicReferences, type FetchSecret } from './assembly/dynamic-references.ts';
import { buildGraph, keyOf, type Export, type Graph, type Node } from './assembly/graph.ts';
import { resolveIntrinsics, type Scope } from './assembly/intrinsics.ts';
import { scopeOf } from './assembly/scope.ts';
import { TemplateError, type Stack } from './assembly/template.ts';

export interface Engine {
  /** Types that are declared in the templates and not run, with the number of resources of each. */
  readonly declaredOnly: Readonly<Record<string, number>>;
  /** Brings everything up, what is independent at once. On a failure stops what was started, then throws it. */
  up(runtime: Omit<Runtime, 'stopping'>): Promise<void>;
  /** Stops everything, whoever refers to a resource before the resource itself; `onStopped` hears of each that has a label. */
  stop(onStopped?: (what: string) => void): Promise<void>;
}

export interface Options {
  readonly stacks: readonly Stack[];
  readonly drivers: readonly Driver[];
  /** Fetches what a dynamic reference names. */
  readonly fetchSecret: FetchSecret;
}

/** CloudFormation's engine for a laptop. Throws at once for what it could not run: nothing has been started then. */
export function createEngine({ stacks, drivers, fetchSecret }: Options): Engine {
  const graph = buildGraph(stacks);
  const driverOf = new Map(drivers.flatMap((driver) => driver.types.map((type) => [type, driver] as const)));
  checkTypes(graph, driverOf);

  const identities = new Map<string, Identity>();
  const scopes = new Map(stacks.map((stack) => [stack.name, scopeWhenUp(stack)]));
  const stopping = new AbortController();
  let starts: readonly Promise<void>[] = [];
  let stopped: Promise<void> | undefined;

  return {
    declaredOnly: countTypes(graph, driverOf),
    async up(given) {
      const runtime = { ...given, stopping: stopping.signal };
      const started = new Map<string, Promise<void>>();
      const start = (node: Node): Promise<void> => {
        const known = started.get(node.key);
        if (known !== undefined) return known;
        const promise = Promise.all([...node.needs].map((need) => start(graph.nodes.get(need) as Node))).then(() =>
          bringUp(node, runtime),
        );
        started.set(node.key, promise);
        return promise;
      };
      starts = [...graph.nodes.values()].map(start);
      try {
        await Promise.all(starts);
        await Promise.all([...graph.nodes.values()].map(waitUntilSteady));
      } catch (error) {
        await stopOnce();
        throw error;
      }
    },
    stop: stopOnce,
  };

  function stopOnce(onStopped: (what: string) => void = () => undefined): Promise<void> {
    stopping.abort();
    stopped ??= Promise.allSettled(starts).then(() => stopAll(onStopped));
    return stopped;
  }

  async function bringUp(node: Node, runtime: Runtime): Promise<void> {
    const { key, stack, logicalId, definition } = node;
    if (stopping.signal.aborted) throw new Error(`${key} was not started`);
    const driver = driverOf.get(definition.Type);
    if (driver === undefined) {
      identities.set(key, standIn(stack, logicalId, definition.Type));
      return;
    }
    try {
      const scope = scopes.get(stack.name) as Scope;
      const resolved = resolveIntrinsics(definition.Properties ?? {}, scope, 'Properties');
      const properties = (await resolveDynamicReferences(resolved, fetchSecret)) as Record<string, unknown>;
      identities.set(
        key,
        await driver.up({ stack: stack.name, logicalId, type: definition.Type, properties }, runtime),
      );
    } catch (error) {
      throw new ResourceError(node, error);
    }
  }

  async function waitUntilSteady(node: Node): Promise<void> {
    try {
      await identities.get(node.key)?.steady?.();
    } catch (error) {
      throw new ResourceError(node, error);
    }
  }

  function scopeWhenUp(stack: Stack): Scope {
    const identity = (logicalId: string): Identity => {
      const found = identities.get(keyOf(stack.name, logicalId));
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
      stackOutput: (name, output) => valueOf(graph.output(name, output)),
    });
  }

  async function stopAll(onStopped: (what: string) => void): Promise<void> {
    const dependents = new Map([...graph.nodes.keys()].map((key) => [key, [] as string[]]));
    for (const { key, needs } of graph.nodes.values()) for (const need of needs) dependents.get(need)?.push(key);
    const stops = new Map<string, Promise<void>>();
    const failures: unknown[] = [];
    const stop = (key: string): Promise<void> => {
      const known = stops.get(key);
      if (known !== undefined) return known;
      const promise = stopOne(graph.nodes.get(key) as Node).catch((error: unknown) => void failures.push(error));
      stops.set(key, promise);
      return promise;
    };
    const stopOne = async ({ key }: Node): Promise<void> => {
      await Promise.all((dependents.get(key) ?? []).map(stop));
      const identity = identities.get(key);
      if (identity?.stop === undefined) return;
      await identity.stop();
      if (identity.label !== undefined) onStopped(identity.label);
    };
    await Promise.all([...graph.nodes.keys()].map(stop));
    if (failures.length > 0) throw new AggregateError(failures, `stopping failed: ${failures.map(String).join('; ')}`);
  }
}

/** A resource that could not be brought up, with its driver's message. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError';

  constructor({ stack, logicalId, definition }: Node, cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super(`${definition.Type} ${logicalId} of stack ${stack.name} could not be started: ${message}`, { cause });
  }
}

function checkTypes(graph: Graph, driverOf: ReadonlyMap<string, Driver>): void {
  const unknown = [...graph.nodes.values()].filter(
    ({ definition }) => !driverOf.has(definition.Type) && !isDeclaredOnly(definition.Type),
  );
  if (unknown.length === 0) return;
  const list = unknown.map(({ key, definition }) => `  ${definition.Type} (${key})`).join('\n');
  throw new TemplateError(
    `The templates hold resources that the local runtime neither runs nor lists as declared only:\n${list}\n` +
      'Write a driver in local/drivers/ or add the type to local/declared-only.ts.',
  );
}

function countTypes(graph: Graph, driverOf: ReadonlyMap<string, Driver>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { definition } of graph.nodes.values()) {
    if (!driverOf.has(definition.Type)) counts.set(definition.Type, (counts.get(definition.Type) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b)));
}
