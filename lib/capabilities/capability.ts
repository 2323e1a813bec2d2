import type { Workload } from '../constructs/workload.ts';
import type { CapabilityName, ServiceDefinition } from '../system.ts';

/** A resource that services and workers may use. */
export interface Capability {
  /** Opens the security group path, grants the task role and sets the variables that the workload needs. */
  bind(workload: Workload, definition: ServiceDefinition): void;
}

/** The capability behind each key of a service definition. */
export type Capabilities = Readonly<Record<CapabilityName, Capability>>;

/**
 * Binds the capabilities that a definition names, and no other. The order is that of `capabilities`, so that reordering
 * the keys of a definition changes no task definition.
 */
export function bindCapabilities(capabilities: Capabilities, workload: Workload, definition: ServiceDefinition): void {
  for (const [name, capability] of Object.entries(capabilities)) {
    if (definition[name as CapabilityName]) capability.bind(workload, definition);
  }
}
