import type { ServiceDefinition } from '../system.ts';
import { environmentShape } from './environment-shape.ts';
import { withDefaults } from './environment.ts';
import type { EnvironmentProps } from './environment-props.ts';
import { shapeFaults } from './shape.ts';
import { systemShapeFaults } from './system-shape.ts';
import { environmentFaults } from './validate-environment.ts';
import { systemFaults } from './validate-system.ts';
import { togetherFaults } from './validate-together.ts';

/** The configuration cannot be deployed; the message lists every fault. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(faults: readonly string[]) {
    super(['The configuration is refused:', ...faults.map((fault) => `  - ${fault}`)].join('\n'));
  }
}

/** A fault and the environment that has it. */
type Fault = readonly [environment: string, fault: string];

/**
 * Refuses what is misspelt, has a wrong type, contradicts itself or could not be deployed. An environment is only checked
 * for contradictions when the types in it and in the table are right, since one wrong type would cause several of them.
 * @param names the environments that are synthesized; the others are only checked for what they cannot share with these
 * @throws ConfigurationError with all faults, each listed once with the environments that have it
 */
export function validate(
  system: readonly ServiceDefinition[],
  environments: Readonly<Record<string, EnvironmentProps>>,
  names: readonly string[] = Object.keys(environments),
): void {
  const misshapen = systemShapeFaults(system);
  const own: Fault[] = [];
  const table: Fault[] = [];
  for (const name of names) {
    const props = environments[name]!;
    const faults = shapeFaults(props, environmentShape);
    own.push(...faults.map((fault): Fault => [name, fault]));
    if (faults.length > 0 || misshapen.length > 0) continue;
    const environment = withDefaults(name, props);
    own.push(...environmentFaults(environment, system).map((fault): Fault => [name, fault]));
    table.push(...systemFaults(system, environment).map((fault): Fault => [name, fault]));
  }
  own.push(...sharedFaults(environments, names));
  const all = [
    ...misshapen.map((fault) => `lib/system.ts: ${fault}`),
    ...grouped(own, (places) => places.join(', ')),
    ...grouped(table, (places) =>
      places.length === names.length ? 'lib/system.ts' : `lib/system.ts in ${places.join(', ')}`,
    ),
  ];
  if (all.length > 0) throw new ConfigurationError(all);
}

/** Returns what each pair of environments cannot both have, for pairs of which one is named. */
function sharedFaults(environments: Readonly<Record<string, EnvironmentProps>>, names: readonly string[]): Fault[] {
  const complete = Object.entries(environments)
    .filter(([, props]) => shapeFaults(props, environmentShape).length === 0)
    .map(([name, props]) => withDefaults(name, props));
  return complete.flatMap((a, index) =>
    complete
      .slice(index + 1)
      .filter((b) => names.includes(a.name) || names.includes(b.name))
      .flatMap((b) =>
        [...togetherFaults(a, b)].flatMap((fault): Fault[] => [
          [a.name, fault],
          [b.name, fault],
        ]),
      ),
  );
}

/** Returns a line for each distinct fault, behind the place made from the names of its environments. */
const grouped = (faults: readonly Fault[], place: (names: readonly string[]) => string): string[] =>
  Array.from(
    Map.groupBy(faults, ([, fault]) => fault),
    ([fault, group]) => `${place([...new Set(group.map(([name]) => name))])}: ${fault}`,
  );
