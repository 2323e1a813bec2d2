import { EventEmitter } from 'node:events';

/**
 * `waiting` for what it needs, `starting`, `running` (others may use it, it is not steady yet), `ready`, `updating`,
 * `stopping`, `stopped`, `failed`; `declared` for a type that is declared in the template and not run here.
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
  /** The name people know it by; resources that matter only to others have none. */
  readonly label?: string;
  readonly state: State;
  /** When it entered this state, ISO 8601. */
  readonly since: string;
  /** More about a ready resource, such as its port. */
  readonly detail?: string;
  /** Why it failed. */
  readonly error?: string;
  /** Keys of the resources it refers to or depends on. */
  readonly needs: readonly string[];
  /** Names of the actions it offers now. */
  readonly actions: readonly string[];
}

/** What a task or a server that belongs to a resource goes through. */
export type PartChange = 'started' | 'healthy' | 'unhealthy' | 'draining' | 'drained' | 'ended';

/** Everything that happens, in order. `at` is ISO 8601. */
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
  /** Something a person wants to read while the system runs. */
  | { readonly kind: 'note'; readonly at: string; readonly key: string; readonly message: string };

/** The one stream of events; whoever shows or records something subscribes to `event`. */
export type EventStream = EventEmitter<{ event: [SystemEvent] }>;

export function createEventStream(): EventStream {
  const stream: EventStream = new EventEmitter();
  // One listener per connected client.
  stream.setMaxListeners(0);
  return stream;
}
