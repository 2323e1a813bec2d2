import type { Engine } from '../kernel/engine.ts';
import { Refusal } from '../kernel/refusal.ts';
import { joinSections } from '../status.ts';
import type { AssemblySource } from './assembly.ts';
import type { Controls } from './control.ts';

/** Creates the operations that a running engine offers to other terminals and programs. */
export function createControls(options: {
  readonly engine: Engine;
  readonly assembly: AssemblySource;
  readonly endpointUrl: string;
  readonly interrupted: AbortSignal;
}): Controls {
  const { engine, assembly, endpointUrl, interrupted } = options;
  return {
    events: engine.events,
    async status() {
      const sections = joinSections(await engine.describe());
      return { ...sections, endpoint: endpointUrl, declaredOnly: engine.declaredOnly(), resources: engine.states() };
    },
    async act(resource, action, parameters) {
      const found = engine.states().find(({ key, label }) => key === resource || label === resource);
      if (found === undefined) {
        throw new Refusal(
          `There is no resource ${resource}. npm run local -- act lists the resources that have actions.`,
        );
      }
      return engine.act(found.key, action, parameters);
    },
    apply: () =>
      engine.apply(async () => {
        try {
          return await assembly.read(interrupted);
        } catch (error) {
          if (!interrupted.aborted) throw error;
          throw new Refusal('The system is stopping. The next npm start applies the changes.', { cause: error });
        }
      }),
  };
}
