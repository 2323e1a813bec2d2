import { join, resolve } from 'node:path';

import { expect, jest, test } from '@jest/globals';

import { definitionsFor, folderOf, system } from '../../lib/system.ts';
import { environmentNames, environments, templateOf } from './environments.ts';
import { resourcesOf } from './synth.ts';

const root = resolve(import.meta.dirname, '../..');

/** Stops a main.ts where it reads its configuration. */
class Read extends Error {
  readonly names: readonly string[];
  constructor(properties: object) {
    super('The configuration is read');
    this.names = Object.keys(properties);
  }
}

const config = await import('../../app/kit/config.ts');
jest.unstable_mockModule('../../app/kit/config.ts', () => ({
  ...config,
  readConfig: (properties: object) => {
    throw new Read(properties);
  },
}));

/** Returns the variables that the code in a folder reads when it starts. */
async function variablesRead(folder: string): Promise<readonly string[]> {
  try {
    await import(join(root, folder, 'main.ts'));
  } catch (error) {
    if (error instanceof Read) return error.names;
    throw error;
  }
  throw new Error(`${folder}/main.ts reads no configuration`);
}

interface Container {
  readonly Name: string;
  readonly Environment: readonly { readonly Name: string }[];
  readonly Secrets?: readonly { readonly Name: string }[];
}

test.each(environmentNames)('tasks of %s get exactly the variables that their code reads', async (environment) => {
  const tasks = resourcesOf(templateOf(environment, 'Services'), 'AWS::ECS::TaskDefinition');
  const rendered = tasks.flatMap(([, { Properties }]) =>
    (Properties['ContainerDefinitions'] as Container[]).map(
      ({ Name, Environment, Secrets = [] }) =>
        [Name, [...Environment, ...Secrets].map((variable) => variable.Name).toSorted()] as const,
    ),
  );
  const read = await Promise.all(
    definitionsFor(system, environments[environment]).map(async (definition) => {
      const names = await variablesRead(folderOf(definition));
      // HOST is set on a laptop only, the default suits a container; the others only with `telemetry`.
      return [
        definition.name,
        names.filter((name) => name !== 'HOST' && !name.startsWith('OTEL_')).toSorted(),
      ] as const;
    }),
  );
  expect(Object.fromEntries(rendered)).toEqual(Object.fromEntries(read));
});
