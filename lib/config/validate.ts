import type { ServiceDefinition } from '../system.ts';
import type { Environment } from './environment.ts';
import { environmentFaults } from './validate-environment.ts';
import { systemFaults } from './validate-system.ts';

/** The configuration cannot be deployed; the message lists every fault. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(faults: readonly string[]) {
    super(['The configuration is refused:', ...faults.map((fault) => `  - ${fault}`)].join('\n'));
  }
}

/**
 * Refuses what contradicts itself or could not be deployed.
 * @throws ConfigurationError with all faults of the table and of all environments at once
 */
export function validate(system: readonly ServiceDefinition[], environments: readonly Environment[]): void {
  const faults = environments.flatMap((environment) =>
    [...environmentFaults(environment, system), ...systemFaults(system, environment)].map(
      (fault) => `${environment.name}: ${fault}`,
    ),
  );
  if (faults.length > 0) throw new ConfigurationError(faults);
}
