import type { HttpServiceDefinition, WorkerDefinition } from '../system.ts';
import { shapeFaults } from './shape.ts';
import type { ShapeOf } from './shape.ts';

type Shared = Omit<WorkerDefinition, 'kind'>;

const shared: ShapeOf<Shared> = {
  required: { name: 'the name of its folder' },
  keys: {
    name: 'string',
    database: { oneOf: [true] },
    sessions: { oneOf: ['read', 'write'] },
    cache: { oneOf: [true] },
    receives: { listOf: 'string' },
    watches: { listOf: 'string' },
    publishes: { listOf: 'string' },
    siteUrl: { oneOf: [true] },
    mail: { oneOf: [true] },
    calls: { listOf: 'string' },
    paymentProvider: { oneOf: [true] },
    sandboxProvider: { oneOf: [true] },
    uploads: { keys: { reads: { listOf: 'string' }, writes: { listOf: 'string' } } },
    queue: { keys: { visibilityTimeoutSeconds: 'number', maxReceives: 'number' } },
    condition: { oneOf: ['sandbox'] },
  },
};

const service: ShapeOf<HttpServiceDefinition> = {
  required: { ...shared.required, kind: '"service"', paths: 'the path patterns that reach it' },
  keys: {
    ...shared.keys,
    kind: { oneOf: ['service'] },
    paths: { listOf: 'string' },
    stored: { mapOf: { listOf: 'string' } },
  },
};

const worker: ShapeOf<WorkerDefinition> = {
  required: { ...shared.required, kind: '"worker"' },
  keys: { ...shared.keys, kind: { oneOf: ['worker'] } },
};

const kinds = { service, worker };

/** Returns the keys and values of the table that no service or worker has, each by its path. */
export function systemShapeFaults(system: unknown): string[] {
  if (!Array.isArray(system)) return shapeFaults(system, { listOf: 'string' }, 'system');
  return system.flatMap((definition: unknown, index) => {
    const { kind, name } = (definition ?? {}) as { readonly kind?: unknown; readonly name?: unknown };
    const path = typeof name === 'string' ? name : `system[${index}]`;
    if (kind === 'service' || kind === 'worker') return shapeFaults(definition, kinds[kind], path);
    return shapeFaults(kind, { oneOf: Object.keys(kinds) }, `${path}.kind`);
  });
}
