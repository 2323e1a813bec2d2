import { EventEmitter } from 'node:events';

/**
 * `waiting` for the resources it needs; `running` when others can use it and it is not steady yet; `ready` when it is
 * steady; `declared` for a type that is declared in the template and does not run here.
 */
export type State =
  | 'waiting'
  | 'starting'
  | 'running'
  | 'ready'
  | 'updating'
  | 'stopping'
  | 'stopped'
  | 'failed'
  | 'declared';

export interface ResourceState {
  /** Unique over all stacks: `stack/logicalId`. */
  readonly key: string;
  readonly type: string;
  /** The displayed name; undefined for resources that output does not show. */
  readonly label?: string;
  readonly state: State;
  /** When it entered this state, ISO 8601. */
  readonly since: string;
  /** More about a ready resource, such as its port. */
  readonly detail?: string;
  /** Why the resource failed. */
  readonly error?: string;
  /** Keys of the resources it refers to or depends on. */
  readonly needs: readonly string[];
  /** Names of the currently available actions. */
  readonly actions: readonly string[];
}

/** A change of a task or server that belongs to a resource. */
export type PartChange = 'started' | 'healthy' | 'unhealthy' | 'draining' | 'drained' | 'ended';

/** An event of the system. `at` is ISO 8601. */
export type SystemEvent =
  | { readonly kind: 'state'; readonly at: string; readonly resource: ResourceState }
  | {
      readonly kind: 'part';
      readonly at: string;
      readonly key: string;
      readonly part: string;
      readonly change: PartChange;
      readonly message?: string;
    }
  /** A message for the console. */
  | { readonly kind: 'note'; readonly at: string; readonly key: string; readonly message: string };

/** The stream of all events, in order. Subscribe to `event`. */
export type EventStream = EventEmitter<{ event: [SystemEvent] }>;

export function createEventStream(): EventStream {
  const stream: EventStream = new EventEmitter();
  // One listener per connected client.
  stream.setMaxListeners(0);
  return stream;
}
