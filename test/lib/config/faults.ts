import type { EnvironmentProps } from '../../../lib/config/environment-props.ts';
import { ConfigurationError, validate } from '../../../lib/config/validate.ts';
import { system } from '../../../lib/system.ts';
import type { HttpServiceDefinition, ServiceDefinition, WorkerDefinition } from '../../../lib/system.ts';

export const good: EnvironmentProps = { mailFrom: 'orders@example.com', sandbox: true };

/** The settings of an environment with a real payment provider. */
export const realProvider = {
  sandbox: false,
  paymentProviderUrl: 'https://pay.example.com',
  paymentProviderSecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:payment-provider-AbCdEf',
} satisfies Partial<EnvironmentProps>;

interface Configuration {
  /** Settings of the environment that differ from `good`. */
  readonly props?: Partial<EnvironmentProps>;
  /** @default - those of the repository */
  readonly definitions?: readonly ServiceDefinition[];
}

/** Returns the faults of a system in one environment, without their place. */
export const faultsOf = ({ props, definitions = system }: Configuration): string[] =>
  linesOf(definitions, { test: { ...good, ...props } }).map((line) => line.replace(/^(test|lib\/system\.ts): /, ''));

/** Returns the faults that are listed for a system in several environments. */
export function linesOf(
  definitions: readonly ServiceDefinition[],
  environments: Readonly<Record<string, EnvironmentProps>>,
): string[] {
  try {
    validate(definitions, environments);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace('  - ', ''));
  }
}

/** Returns the environments with an address range and a sender of their own each. */
export const apart = (environments: Readonly<Record<string, EnvironmentProps>>): Record<string, EnvironmentProps> =>
  Object.fromEntries(
    Object.entries(environments).map(([name, props], index) => [
      name,
      { ...props, mailFrom: props.mailFrom.replace('@', `@${name}.`), cidr: `10.${index}.0.0/16` },
    ]),
  );

/** Returns the system with one definition changed. */
export const systemWith = (
  name: string,
  changes: Partial<HttpServiceDefinition> | Partial<WorkerDefinition>,
): ServiceDefinition[] =>
  system.map((definition) => (definition.name === name ? Object.assign({}, definition, changes) : definition));
