import type { Node } from './assembly/graph.ts';
import type { EventStream, ResourceState, State } from './events.ts';
import { isRun, type Context, type Definition, type Up } from './resource.ts';

/** A resource of the engine: its node in the graph, its state, and its running instance. */
export interface Entry {
  node: Node;
  readonly definition: Definition;
  readonly state: ResourceState;
  readonly context: Context;
  /** Undefined while the resource is not up. */
  up: Up<unknown> | undefined;
  /** Resolves when the resource is steady; rejects if that fails. */
  steady: Promise<void>;
  /** Changes the state and reports it. */
  enter(state: State, more?: Pick<Partial<ResourceState>, 'label' | 'detail' | 'error'>): void;
  /**
   * Runs `work`. If it rejects, sets the state to `failed` and throws a ResourceError: the resource could not be
   * `what`.
   */
  attempt<T>(what: 'started' | 'updated' | 'stopped', work: () => Promise<T>): Promise<T>;
  /** Stops the resource: `stop` preserves its data, `remove` may delete it. */
  stop(how: 'stop' | 'remove'): Promise<void>;
}

export interface Entries {
  all(): readonly Entry[];
  find(key: string): Entry | undefined;
  /** @throws Error if there is no such resource */
  get(key: string): Entry;
  /** Adds a resource. Replaces one with the same key. */
  add(node: Node, definition: Definition): Entry;
  delete(key: string): void;
}

export function createEntries(events: EventStream, phase: Pick<Context, 'stopping' | 'isUp'>): Entries {
  const entries = new Map<string, Entry>();
  return {
    all: () => [...entries.values()],
    find: (key) => entries.get(key),
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) throw new Error(`The engine has no resource ${key}.`);
      return entry;
    },
    add(node, definition) {
      const entry = createEntry(node, definition, events, phase);
      entries.set(node.key, entry);
      return entry;
    },
    delete: (key) => void entries.delete(key),
  };
}

function createEntry(
  node: Node,
  definition: Definition,
  events: EventStream,
  phase: Pick<Context, 'stopping' | 'isUp'>,
): Entry {
  const now = (): string => new Date().toISOString();
  let current: { state: State; since: string; label?: string; detail?: string; error?: string } = {
    state: isRun(definition) ? 'waiting' : 'declared',
    since: now(),
  };
  const entry: Entry = {
    node,
    definition,
    up: undefined,
    steady: Promise.resolve(),
    get state() {
      return {
        key: entry.node.key,
        type: definition.type,
        ...current,
        needs: [...entry.node.needs],
        actions: Object.keys(entry.up?.running.actions ?? {}),
      };
    },
    context: {
      ...phase,
      part: (part, change, message) =>
        void events.emit('event', { kind: 'part', at: now(), key: entry.node.key, part, change, message }),
      note: (message) => void events.emit('event', { kind: 'note', at: now(), key: entry.node.key, message }),
    },
    enter(state, more) {
      current = { label: current.label, ...more, state, since: now() };
      events.emit('event', { kind: 'state', at: current.since, resource: entry.state });
    },
    async attempt(what, work) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof ResourceError) throw error;
        const failure = new ResourceError(entry.node, what, error);
        entry.enter('failed', { error: failure.message });
        throw failure;
      }
    },
    async stop(how) {
      const { up } = entry;
      if (up === undefined || !isRun(definition)) return;
      const { running } = up;
      entry.enter('stopping');
      await entry.attempt('stopped', async () =>
        (how === 'remove' ? (running.remove ?? running.stop) : running.stop)?.(),
      );
      entry.up = undefined;
      entry.enter('stopped');
    },
  };
  return entry;
}

/** A resource that could not be started, updated or stopped, with the reason. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError';

  constructor({ stack, logicalId, definition }: Node, what: string, cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super(`${definition.Type} ${logicalId} of stack ${stack.name} could not be ${what}: ${message}`, { cause });
  }
}
