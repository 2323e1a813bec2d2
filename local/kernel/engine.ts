import type { FetchSecret } from './assembly/dynamic-references.ts';
import { buildGraph, type Graph, type Node } from './assembly/graph.ts';
import type { Stack } from './assembly/template.ts';
import { bringUp, bringUpToDate } from './bring-up.ts';
import { createEntries } from './entries.ts';
import { createEventStream, type EventStream, type ResourceState } from './events.ts';
import { Refusal } from './refusal.ts';
import { countDeclaredOnly, createRegistry } from './registry.ts';
import { isRun, type Definition } from './resource.ts';
import { createResolver } from './resolver.ts';
import { inOrder, inReverse } from './traverse.ts';

export interface EngineOptions {
  readonly stacks: readonly Stack[];
  readonly definitions: readonly Definition[];
  /** Fetches the secret that a dynamic reference names. */
  readonly fetchSecret: FetchSecret;
}

/** The result of `apply`: the keys of the affected resources, without those that are only declared. */
export interface Changes {
  readonly created: string[];
  readonly updated: string[];
  /** Stopped and started again on the same data. */
  readonly restarted: string[];
  readonly replaced: string[];
  readonly removed: string[];
}

export interface Engine {
  readonly events: EventStream;
  states(): readonly ResourceState[];
  /** Returns the types that are declared and not run, with the number of resources of each. */
  declaredOnly(): Readonly<Record<string, number>>;
  /** Returns the status sections of all resources. */
  describe(): Promise<readonly object[]>;
  /** @throws Refusal for an unknown resource or action, and for invalid parameters */
  act(key: string, action: string, parameters: unknown): Promise<unknown>;
  /** Brings all resources up, independent ones concurrently. If one fails, stops everything and throws its error. */
  up(): Promise<void>;
  /**
   * Applies the templates that `read` returns: touches only resources that differ, in dependency order. If a resource
   * fails, the other resources keep running, nothing is removed, and the next `apply` tries the failed one again.
   * @throws Refusal while the system starts or stops, and during another apply; AggregateError of all failures
   */
  apply(read: () => Promise<readonly Stack[]>): Promise<Changes>;
  /** Stops everything, dependents first. */
  stop(): Promise<void>;
}

/**
 * Creates the engine, which runs templates as CloudFormation does. Starts nothing yet.
 *
 * @throws TemplateError for templates that it cannot run
 */
export function createEngine({ stacks, definitions, fetchSecret }: EngineOptions): Engine {
  const registry = createRegistry(definitions);
  const events = createEventStream();
  const stopping = new AbortController();
  let started = false;
  const isUp = (): boolean => started && !stopping.signal.aborted;
  const entries = createEntries(events, { stopping: stopping.signal, isUp });
  /** Resources that refer to one that has been created, restarted or replaced, and have not been updated since. */
  const outdated = new Set<string>();
  let { graph, resolve } = load(stacks);
  /** Settles when no resource is being started, updated or removed; `stop` waits for it. */
  let working: Promise<unknown> = Promise.resolve();
  /** Why an `apply` is refused. */
  let busy: string | undefined;
  let stopped: Promise<void> | undefined;
  for (const node of graph.nodes.values()) entries.add(node, registry.get(node));

  return {
    events,
    states: () => entries.all().map(({ state }) => state),
    declaredOnly: () => countDeclaredOnly(graph.nodes.values(), registry),
    describe: () => Promise.all(entries.all().map(async ({ up }) => (await up?.running.describe?.()) ?? {})),
    async act(key, action, parameters) {
      const actions = new Map(Object.entries(entries.find(key)?.up?.running.actions ?? {}));
      const wanted = actions.get(action);
      if (wanted === undefined) {
        const names = [...actions.keys()].join(', ');
        throw new Refusal(
          `${key} has no action ${action} now. ${names === '' ? 'It has no actions.' : `Its actions: ${names}.`}`,
        );
      }
      return wanted.run(parameters);
    },
    async up() {
      busy = 'The system is still starting. Try again when it is up.';
      const starts = inOrder(graph.nodes, (node) => bringUp(entries.get(node.key), resolve));
      working = Promise.allSettled(starts);
      try {
        await Promise.all(starts);
        await Promise.all(entries.all().map(({ steady }) => steady));
        started = true;
      } catch (error) {
        // The error of the start is reported; errors while stopping are not.
        await stopOnce().catch(() => undefined);
        throw error;
      } finally {
        busy = undefined;
      }
    },
    async apply(read) {
      if (busy !== undefined) throw new Refusal(busy);
      busy = 'Another apply is in progress. Wait until it ends.';
      try {
        return await applyTemplates(await read());
      } finally {
        busy = undefined;
      }
    },
    stop: stopOnce,
  };

  function load(templates: readonly Stack[]) {
    const built: Graph = buildGraph(templates);
    registry.check(built.nodes.values());
    return {
      graph: built,
      resolve: createResolver(templates, built, (key) => entries.find(key)?.up?.running, fetchSecret),
    };
  }

  async function applyTemplates(next: readonly Stack[]): Promise<Changes> {
    if (stopping.signal.aborted) throw new Refusal('The system is stopping.');
    ({ graph, resolve } = load(next));
    const changes: Changes = { created: [], updated: [], restarted: [], replaced: [], removed: [] };
    const steps = inOrder(graph.nodes, async (node) => {
      const change = await bring(node, outdated.has(node.key));
      outdated.delete(node.key);
      if (change === undefined) return;
      changes[change].push(node.key);
      if (change !== 'updated') markOutdated(node.key);
    });
    // Not the wait until the resources are steady: it ends when a stop ends them.
    working = Promise.allSettled(steps);
    throwFailures([
      ...(await Promise.allSettled(steps)),
      ...(await Promise.allSettled([...graph.nodes.keys()].flatMap((key) => entries.find(key)?.steady ?? []))),
    ]);
    if (stopping.signal.aborted) return changes;
    const gone = entries.all().filter(({ node }) => !graph.nodes.has(node.key));
    const removals = inReverse(new Map(gone.map(({ node }) => [node.key, node])), remove);
    working = Promise.allSettled(removals);
    throwFailures(await Promise.allSettled(removals));
    return changes;

    async function remove({ key }: Node): Promise<void> {
      const entry = entries.get(key);
      await entry.stop('remove');
      entries.delete(key);
      if (isRun(entry.definition)) changes.removed.push(key);
    }
  }

  function markOutdated(recreated: string): void {
    for (const { key, refersTo } of graph.nodes.values()) if (refersTo.has(recreated)) outdated.add(key);
  }

  async function bring(node: Node, refreshed: boolean): Promise<keyof Changes | undefined> {
    const definition = registry.get(node);
    const known = entries.find(node.key);
    if (known?.up !== undefined && known.definition.type === definition.type) {
      known.node = node;
      return bringUpToDate(known, resolve, refreshed);
    }
    await known?.stop('remove');
    await bringUp(entries.add(node, definition), resolve);
    return isRun(definition) ? 'created' : undefined;
  }

  function stopOnce(): Promise<void> {
    stopping.abort();
    stopped ??= stopAll();
    return stopped;
  }

  async function stopAll(): Promise<void> {
    await working;
    const nodes = new Map(entries.all().map(({ node }) => [node.key, node]));
    const stops = inReverse(nodes, ({ key }) => entries.get(key).stop('stop'));
    throwFailures(await Promise.allSettled(stops), 'Some resources could not be stopped');
  }
}

/** Throws all failures. Dependents of a failed resource fail with the same error, which is listed once. */
function throwFailures(
  outcomes: readonly PromiseSettledResult<unknown>[],
  what = 'Some changes could not be applied',
): void {
  const failures = new Set(outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : [])));
  if (failures.size === 0) return;
  throw new AggregateError(failures, [`${what}:`, ...[...failures].map(({ message }) => message)].join('\n'));
}
