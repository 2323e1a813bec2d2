import { expect, test } from '@jest/globals';

import { definitionsFor, system } from '../../lib/system.ts';
import { environments, templateOf } from './environments.ts';
import { resourcesOf } from './synth.ts';

const services = templateOf('prod', 'Services');
const [trigger] = resourcesOf(services, 'Custom::Trigger').map(([, resource]) => resource);

test('services start after the migrations, with their security group rules and policies in place', () => {
  const byName = new Map(
    resourcesOf(services, 'AWS::ECS::Service').map(([, resource]) => [resource.Properties['ServiceName'], resource]),
  );
  const definitions = definitionsFor(system, environments.prod);
  expect([...byName.keys()]).toEqual(definitions.map(({ name }) => name));
  for (const { name, database } of definitions) {
    expect(byName.get(name)?.DependsOn).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^MigrationsTrigger/),
        expect.stringMatching(new RegExp(`^${name}TaskExecutionRoleDefaultPolicy`)),
        ...(database ? [expect.stringMatching(new RegExp(`^${name}SecurityGroup.*5432to`))] : []),
        expect.stringMatching(new RegExp(`^${name}SecurityGroup.*AwsApis.*443to`)),
        expect.stringMatching(new RegExp(`^${name}SecurityGrouptopl.*443`)),
      ]),
    );
  }
});

test('migrations run after their paths to the database and to AWS APIs are open', () => {
  expect(trigger?.DependsOn).toContainEqual(expect.stringMatching(/^MigrationsSecurityGroup.*AwsApis.*443to/));
  expect(trigger?.DependsOn).toContainEqual(expect.stringMatching(/^MigrationsSecurityGroup.*5432to/));
});

test('migrations time out before the function that waits for them', () => {
  const functions = resourcesOf(services, 'AWS::Lambda::Function');
  const timeoutSeconds = (name: string): number =>
    Number(functions.find(([id]) => id.startsWith(name))?.[1].Properties['Timeout']);
  const waitSeconds = Number(trigger?.Properties['Timeout']) / 1000;
  expect(timeoutSeconds('MigrationsFunction')).toBeLessThan(waitSeconds);
  expect(waitSeconds).toBeLessThanOrEqual(timeoutSeconds('AWSCDKTrigger'));
});
