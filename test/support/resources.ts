import type { PartChange } from '../../local/kernel/events.ts';
import { isRun, type Context, type Definition, type Running, type Up } from '../../local/kernel/resource.ts';
import { accept } from '../../local/kernel/schema.ts';

type Properties = Record<string, unknown>;

/** Brings up single resources of a few definitions, as the engine does. `stop` stops them, the latest first. */
export function createResources(definitions: readonly Definition[], stack = 'stack', isUp = (): boolean => true) {
  const ups = new Map<string, Up<unknown>>();
  const notes: string[] = [];
  const parts: { id: string; change: PartChange }[] = [];
  const context: Context = {
    stopping: new AbortController().signal,
    isUp,
    part: (id, change) => void parts.push({ id, change }),
    note: (message) => void notes.push(message),
  };

  function prepare(type: string, logicalId: string, given: Properties) {
    const definition = definitions.find((each) => each.type === type);
    if (definition === undefined || !isRun(definition)) throw new Error(`no definition runs ${type}`);
    const key = `${stack}/${logicalId}`;
    const properties = accept({ key, type }, definition.properties, given);
    return { definition, resource: { key, stack, logicalId, type, properties } };
  }

  return {
    stack,
    context,
    notes,
    parts,
    async up(type: string, logicalId: string, properties: Properties): Promise<Running> {
      const { definition, resource } = prepare(type, logicalId, properties);
      const running = await definition.up(resource, context);
      ups.set(logicalId, { resource, running });
      return running;
    },
    async update(type: string, logicalId: string, properties: Properties): Promise<Running> {
      const { definition, resource } = prepare(type, logicalId, properties);
      const running = await definition.update!(ups.get(logicalId)!, resource, context);
      ups.set(logicalId, { resource, running });
      return running;
    },
    label: (type: string, logicalId: string, properties: Properties) => {
      const { definition, resource } = prepare(type, logicalId, properties);
      return definition.label(resource);
    },
    act: async (logicalId: string, action: string, parameters: object = {}) =>
      ups.get(logicalId)!.running.actions![action]!.run(parameters),
    describe: async (): Promise<object[]> =>
      Promise.all([...ups.values()].map(async ({ running }) => (await running.describe?.()) ?? {})),
    async stop(): Promise<void> {
      const running = [...ups.values()].toReversed();
      ups.clear();
      for (const { running: each } of running) await each.stop?.();
    },
  };
}
