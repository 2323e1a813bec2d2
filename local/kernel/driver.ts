/**
 * The one interface between the engine and the parts it runs: a driver brings up the resources of its types and says
 * what `Ref` and `Fn::GetAtt` answer for them. A new resource type is one more file in `drivers/` and one line in
 * `drivers.ts`.
 */

import type { Tls } from '../host/tls.ts';

/** A resource of a synthesized template, its properties fully resolved: no intrinsic and no dynamic reference is left. */
export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What a resource that is up is known by to the others. */
export interface Identity {
  /** The answer to `Ref`. */
  readonly ref: string;
  /** The answers to `Fn::GetAtt`; a nested attribute has its dotted name, such as `Endpoint.Address`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /**
   * For a part that others need not wait for: resolves when it does its work, such as a service whose tasks are healthy.
   * The start waits for it last of all, and fails with it.
   */
  readonly steady?: () => Promise<void>;
  /** What the console calls it, in a line when it has stopped; without one nobody is told. */
  readonly label?: string;
  /** Called once, after everything that refers to this resource has stopped. */
  readonly stop?: () => Promise<void>;
}

export interface Driver {
  readonly types: readonly string[];
  /**
   * Resolves when the resource can be used by others. A rejection fails the start with its message; the driver has then
   * stopped whatever it had started for this resource.
   */
  up(resource: Resource, runtime: Runtime): Promise<Identity>;
}

/** What the runtime gives a driver. */
export interface Runtime {
  /** Absolute path of `.headroom`; what is in it survives a restart. */
  readonly stateDir: string;
  readonly region: string;
  readonly accountId: string;
  /** The AWS endpoint, the embedded one or another, such as `http://127.0.0.1:4566`. */
  readonly endpointUrl: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The port people open: the CDN's. */
  readonly edgePort: number;
  readonly tls: Tls;
  readonly assets: Assets;
  readonly parts: Parts;
  readonly ports: Ports;
  readonly children: Children;
  readonly report: Report;
  readonly status: StatusBoard;
  /** Aborted when the system is to stop: an `up` that waits for something long gives up. */
  readonly stopping: AbortSignal;
  /** Appends to `.headroom/logs/<source>.log`. */
  readonly log: (source: string) => NodeJS.WritableStream;
}

/** Where the cloud assembly keeps what a template refers to. Both throw for what it does not hold. */
export interface Assets {
  /** The directory an image is built from, by the URI a task definition states. */
  image(uri: string): string;
  /** The directory or file behind an object key of the assets bucket. */
  file(key: string): string;
}

/**
 * The kinds of live part that drivers hand to each other. A driver adds its own where the part is defined:
 * `declare module './driver.ts' { interface PartTypes { 'target-group': TargetGroup } }`
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type -- filled by declaration merging
export interface PartTypes {}

export interface Parts {
  set<K extends keyof PartTypes>(kind: K, ref: string, part: PartTypes[K]): void;
  /** Throws when there is none: references make sure that it was brought up before. */
  get<K extends keyof PartTypes>(kind: K, ref: string): PartTypes[K];
  find<K extends keyof PartTypes>(kind: K, ref: string): PartTypes[K] | undefined;
  all<K extends keyof PartTypes>(kind: K): readonly PartTypes[K][];
}

export interface Ports {
  /** A free port of 127.0.0.1 for `name`: the same at each start, another only when it has been taken. */
  reserve(name: string, preferred: number): Promise<number>;
}

/**
 * The processes the runtime has started, kept in `.headroom` so that none outlives a `kill -9` of the runtime. Spawn them
 * with `detached: true`: otherwise the terminal's Ctrl-C reaches them too, and nothing stops in order.
 */
export interface Children {
  add(pid: number, name: string): void;
  remove(pid: number): void;
}

/** Progress for the person in front of the console. */
export interface Report {
  starting(what: string): void;
  ready(what: string, detail?: string): void;
  /** Something worth a line while the system runs, such as a task that died. */
  event(message: string): void;
}

/** What `status --json` prints; people, drills and tests outside this repository rely on the shape. */
export interface Status {
  readonly edge: string;
  readonly endpoint: string;
  readonly services: readonly ServiceStatus[];
  readonly queues: readonly QueueStatus[];
  readonly databases: readonly DatabaseStatus[];
  readonly redis: { readonly url: string };
  /** Resource types that are declared in the templates and not run here, with the number of resources of each. */
  readonly declaredOnly: Readonly<Record<string, number>>;
}

export interface ServiceStatus {
  readonly name: string;
  readonly desired: number;
  readonly healthy: number;
  readonly tasks: readonly TaskStatus[];
}

export interface TaskStatus {
  readonly id: string;
  readonly port: number;
  readonly pid: number;
  readonly health: string;
}

export interface QueueStatus {
  readonly name: string;
  readonly waiting: number;
  readonly inFlight: number;
  readonly dead: number;
}

export interface DatabaseStatus {
  readonly name: string;
  readonly role: 'primary' | 'replica';
  readonly url: string;
  /** Milliseconds behind the primary; 0 for the primary itself, null while it cannot be told. */
  readonly lagMs: number | null;
}

export interface StatusBoard {
  /** Adds a source of one section. The lists of several sources are joined; of single values the latest counts. */
  add<K extends keyof Status>(section: K, source: () => Promise<Status[K]>): void;
}
