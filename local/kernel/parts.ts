import type { Parts } from './driver.ts';

export function createParts(): Parts {
  const kinds = new Map<string, Map<string, unknown>>();
  const find = (kind: string, ref: string): unknown => kinds.get(kind)?.get(ref);
  const parts = {
    set(kind: string, ref: string, part: unknown): void {
      if (!kinds.has(kind)) kinds.set(kind, new Map());
      kinds.get(kind)?.set(ref, part);
    },
    get(kind: string, ref: string): unknown {
      const part = find(kind, ref);
      if (part === undefined)
        throw new Error(`there is no ${kind} ${ref}; the local runtime does not run what it names`);
      return part;
    },
    find,
    all: (kind: string): unknown[] => [...(kinds.get(kind)?.values() ?? [])],
  };
  // Each kind maps to the one type that `set` takes for it.
  return parts as Parts;
}
