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
  /** Fetches what a dynamic reference names. */
  readonly fetchSecret: FetchSecret;
}

/** What an `apply` did, by the keys of the resources. */
export interface Changes {
  readonly created: string[];
  readonly updated: string[];
  readonly replaced: string[];
  readonly removed: string[];
}

export interface Engine {
  readonly events: EventStream;
  states(): readonly ResourceState[];
  /** The types that are declared and not run, with the number of resources of each. */
  declaredOnly(): Readonly<Record<string, number>>;
  /** What the resources show of themselves. */
  describe(): Promise<readonly object[]>;
  /** @throws Refusal for a resource or an action that does not exist, and for wrong parameters */
  act(key: string, action: string, parameters: unknown): Promise<unknown>;
  /** Brings everything up, what is independent at once. On a failure stops what was started, then throws it. */
  up(): Promise<void>;
  /**
   * Takes changed templates and touches only what differs, in dependency order. Where a resource fails, the rest of the
   * system stays as it is, and the next `apply` tries again.
   * @throws AggregateError of all failures
   */
  apply(stacks: readonly Stack[]): Promise<Changes>;
  /** Stops everything, dependents first. */
  stop(): Promise<void>;
}

/** CloudFormation's engine for a laptop. Throws at once for templates that it cannot run: nothing has been started then. */
export function createEngine({ stacks, definitions, fetchSecret }: EngineOptions): Engine {
  const registry = createRegistry(definitions);
  const events = createEventStream();
  const stopping = new AbortController();
  const entries = createEntries(events, stopping.signal);
  let { graph, resolve } = read(stacks);
  let working: Promise<unknown> = Promise.resolve();
  let applying = false;
  let stopped: Promise<void> | undefined;
  for (const node of graph.nodes.values()) entries.add(node, registry.get(node));

  return {
    events,
    states: () => entries.all().map(({ state }) => state),
    declaredOnly: () => countDeclaredOnly(graph.nodes.values(), registry),
    describe: () => Promise.all(entries.all().map(async ({ up }) => (await up?.running.describe?.()) ?? {})),
    async act(key, action, parameters) {
      const found = entries.find(key)?.up?.running.actions?.[action];
      if (found === undefined) throw new Refusal(`${key} has no action ${action} now.`);
      return found.run(parameters);
    },
    async up() {
      const starts = inOrder(graph.nodes, (node) => bringUp(entries.get(node.key), resolve));
      working = Promise.allSettled(starts);
      try {
        await Promise.all(starts);
        await Promise.all(entries.all().map(({ steady }) => steady));
      } catch (error) {
        // Why the start failed matters more than what would not stop.
        await stopOnce().catch(() => undefined);
        throw error;
      }
    },
    async apply(next) {
      if (applying) throw new Refusal('Another apply is under way. Wait for its end.');
      stopping.signal.throwIfAborted();
      applying = true;
      const work = applyTemplates(next).finally(() => (applying = false));
      working = work.catch(() => undefined);
      return work;
    },
    stop: stopOnce,
  };

  function read(templates: readonly Stack[]) {
    const built: Graph = buildGraph(templates);
    registry.check(built.nodes.values());
    return {
      graph: built,
      resolve: createResolver(templates, built, (key) => entries.find(key)?.up?.running, fetchSecret),
    };
  }

  async function applyTemplates(next: readonly Stack[]): Promise<Changes> {
    const before = graph;
    ({ graph, resolve } = read(next));
    const changes: Changes = { created: [], updated: [], replaced: [], removed: [] };
    const anew = new Set<string>();
    const steps = inOrder(graph.nodes, async (node) => {
      const refreshed = [...node.needs].some((need) => anew.has(need));
      const change = await bring(node, refreshed);
      if (change === undefined) return;
      changes[change].push(node.key);
      if (change !== 'updated') anew.add(node.key);
    });
    const outcomes = [
      ...(await Promise.allSettled(steps)),
      ...(await Promise.allSettled(entries.all().map(({ steady }) => steady))),
      ...(await Promise.allSettled(inReverse(onlyIn(before, graph), remove))),
    ];
    throwFailures(outcomes, 'Not everything could be applied');
    return changes;

    async function remove({ key }: Node): Promise<void> {
      await entries.get(key).stop('remove');
      entries.delete(key);
      changes.removed.push(key);
    }
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
    throwFailures(await Promise.allSettled(stops), 'Not everything could be stopped');
  }
}

function onlyIn(before: Graph, after: Graph): ReadonlyMap<string, Node> {
  return new Map([...before.nodes].filter(([key]) => !after.nodes.has(key)));
}

/** Dependents of a failed resource fail with the same error, which is listed once. */
function throwFailures(outcomes: readonly PromiseSettledResult<unknown>[], what: string): void {
  const failures = new Set(outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : [])));
  if (failures.size === 0) return;
  throw new AggregateError(failures, [`${what}:`, ...[...failures].map(({ message }) => message)].join('\n'));
}
