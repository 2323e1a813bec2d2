import type { ResourceState } from './kernel/events.ts';

/** What `status --json` prints. Programs outside this repository rely on the shape. */
export interface Status extends StatusSections {
  readonly endpoint: string;
  /** Resource types that are declared in the templates and do not run here, with the number of resources of each. */
  readonly declaredOnly: Readonly<Record<string, number>>;
  readonly resources: readonly ResourceState[];
}

/** The sections that resources return from `describe`. Lists are concatenated; of other values, the last one counts. */
export interface StatusSections {
  /** URL of the CDN; empty if the templates have none. */
  readonly edge: string;
  readonly loadBalancers: readonly LoadBalancerStatus[];
  readonly services: readonly ServiceStatus[];
  readonly queues: readonly QueueStatus[];
  readonly databases: readonly DatabaseStatus[];
  /** The URL is empty if the templates have no Redis. */
  readonly redis: RedisStatus;
}

export interface LoadBalancerStatus {
  readonly name: string;
  /** URL of its first listener; empty if it has none. */
  readonly url: string;
}

export interface ServiceStatus {
  /** Key of the resource, for actions. */
  readonly key: string;
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
  /** Milliseconds behind the primary; 0 for the primary itself, null if unknown. */
  readonly lagMs: number | null;
}

export interface RedisStatus {
  readonly url: string;
  /** PEM file of the CA that signed the certificate. */
  readonly caFile?: string;
}

const empty: StatusSections = {
  edge: '',
  loadBalancers: [],
  services: [],
  queues: [],
  databases: [],
  redis: { url: '' },
};

/** Joins the sections of all resources. Of a section that is no list, the first counts: of Redis, the group that holds sessions. */
export function joinSections(descriptions: readonly object[]): StatusSections {
  const joined: Record<string, unknown> = { ...empty };
  const described = new Set<string>();
  for (const [name, value] of descriptions.flatMap((each) => Object.entries(each))) {
    const known = joined[name];
    if (Array.isArray(known)) joined[name] = [...(known as unknown[]), ...(value as unknown[])];
    else if (!described.has(name)) joined[name] = value;
    described.add(name);
  }
  return joined as unknown as StatusSections;
}
