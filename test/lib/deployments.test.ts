import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { root } from '../../lib/root.ts';
import { tasksOf, withDefaults } from '../../lib/config/environment.ts';
import { environments as settings } from '../../lib/config/environments.ts';
import { definitionsFor, hasQueue, system } from '../../lib/system.ts';
import { environmentNames, environments, stackNames, templateOf } from './environments.ts';
import type { EnvironmentName } from './environments.ts';
import { resourcesOf, synthesize } from './synth.ts';

const { templates } = await synthesize();

test('every environment has its stacks, synthesized without credentials', () => {
  const expected = environmentNames.flatMap((environment) => stackNames.map((stack) => `${environment}/${stack}`));
  expect([...templates.keys()].toSorted()).toEqual(expected.toSorted());
});

test('no template contains a secret in plain text', () => {
  for (const template of templates.values()) {
    expect(JSON.stringify(template)).not.toMatch(/"(MasterUserPassword|AuthToken|SecretString)":"/);
    for (const [, { Properties }] of resourcesOf(template, 'AWS::ECS::TaskDefinition')) {
      expect(JSON.stringify(Properties['ContainerDefinitions'])).not.toContain('resolve:secretsmanager');
    }
  }
});

test.each(environmentNames)('listener rules of %s have distinct priorities', (environment) => {
  const rules = propertiesOf(environment, 'Services', 'AWS::ElasticLoadBalancingV2::ListenerRule');
  expect(new Set(rules.map(({ Priority }) => Priority)).size).toBe(rules.length);
});

describe.each(['dev', 'staging'] as const)('%s, of which there is no snapshot,', (environment) => {
  test.each(['Services', 'Edge'] as const)('has the resources of local in its %s stack', (stack) => {
    const types = (name: EnvironmentName): string[] =>
      Object.values(templateOf(name, stack).Resources)
        .map(({ Type }) => Type)
        // security-groups.test.ts compares the paths.
        .filter((type) => !type.startsWith('AWS::EC2::SecurityGroup'))
        .toSorted();
    expect(types(environment)).toEqual(types('local'));
  });

  test('loads the demo catalogue', () => {
    const functions = propertiesOf(environment, 'Services', 'AWS::Lambda::Function');
    expect(functions).toContainEqual(
      expect.objectContaining({
        Environment: { Variables: expect.objectContaining({ DEMO_CATALOGUE: 'true' }) },
      }),
    );
  });

  test('sends payments to the sandbox', () => {
    const payments = propertiesOf(environment, 'Services', 'AWS::ECS::TaskDefinition').find(({ Family }) =>
      String(Family).includes('payments'),
    );
    expect(JSON.stringify(payments)).toMatch(/"PAYMENT_PROVIDER_URL".{0,120}\/sandbox"/);
  });
});

test('dev is small: a NAT instance, the smallest database, few tasks, short retention', () => {
  expect(propertiesOf('dev', 'Network', 'AWS::EC2::Instance')).toHaveLength(1);
  expect(propertiesOf('dev', 'Network', 'AWS::EC2::NatGateway')).toEqual([]);
  expect(propertiesOf('dev', 'Network', 'AWS::EC2::VPCEndpoint')).toHaveLength(1);
  expect(propertiesOf('dev', 'Network', 'AWS::Logs::LogGroup')).toEqual([
    expect.objectContaining({ RetentionInDays: 7 }),
  ]);
  const [primary, ...replicas] = propertiesOf('dev', 'Data', 'AWS::RDS::DBInstance');
  expect(primary).toMatchObject({
    DBInstanceClass: 'db.t4g.micro',
    MaxAllocatedStorage: 50,
    BackupRetentionPeriod: 1,
    MultiAZ: false,
    DeletionProtection: false,
  });
  expect(replicas).toHaveLength(1);
  const scaling = capacities('dev');
  expect(scaling['mailer']).toEqual([1, 2]);
  expect(scaling['orders']).toEqual([2, 3]);
});

test('staging has the default sizes: endpoints and no NAT, a medium database, two to ten tasks', () => {
  expect(propertiesOf('staging', 'Network', 'AWS::EC2::Instance')).toEqual([]);
  expect(propertiesOf('staging', 'Network', 'AWS::EC2::NatGateway')).toEqual([]);
  expect(propertiesOf('staging', 'Network', 'AWS::EC2::VPCEndpoint')).toHaveLength(8);
  expect(propertiesOf('staging', 'Network', 'AWS::EC2::Subnet')).toHaveLength(6);
  const [primary, ...replicas] = propertiesOf('staging', 'Data', 'AWS::RDS::DBInstance');
  expect(primary).toMatchObject({ DBInstanceClass: 'db.t4g.medium', MaxAllocatedStorage: 200, MultiAZ: false });
  expect(replicas).toHaveLength(1);
  for (const bounds of Object.values(capacities('staging'))) expect(bounds).toEqual([2, 10]);
});

function propertiesOf(environment: EnvironmentName, stack: (typeof stackNames)[number], type: string) {
  return resourcesOf(templateOf(environment, stack), type).map(([, { Properties }]) => Properties);
}

/** Returns the least and the most tasks of each service and worker. */
function capacities(environment: EnvironmentName): Record<string, unknown[]> {
  const targets = resourcesOf(templateOf(environment, 'Services'), 'AWS::ApplicationAutoScaling::ScalableTarget');
  return Object.fromEntries(
    targets.map(([id, { Properties }]) => [
      id.replace(/Service\w+$/, ''),
      [Properties['MinCapacity'], Properties['MaxCapacity']],
    ]),
  );
}

test.each(environmentNames)(
  'what has a queue in %s scales on its backlog, a service on requests and CPU too',
  (environment) => {
    const policies = propertiesOf(environment, 'Services', 'AWS::ApplicationAutoScaling::ScalingPolicy').map(
      ({ TargetTrackingScalingPolicyConfiguration }) => JSON.stringify(TargetTrackingScalingPolicyConfiguration),
    );
    const definitions = definitionsFor(system, environments[environment]);
    const services = definitions.filter(({ kind }) => kind === 'service');
    const count = (part: string): number => policies.filter((policy) => policy.includes(part)).length;
    expect(definitions.filter(hasQueue).map(({ kind }) => kind)).toEqual([
      'service',
      'service',
      'service',
      'worker',
      'worker',
    ]);
    expect(count('ApproximateNumberOfMessagesVisible')).toBe(5);
    expect(count('ALBRequestCountPerTarget')).toBe(services.length);
    expect(count('ECSServiceAverageCPUUtilization')).toBe(services.length);
  },
);

test('the Fargate quota in docs/operations.md is what each environment needs during a deployment', () => {
  const vCpus = (name: EnvironmentName, bound: 'min' | 'max'): number => {
    const environment = withDefaults(name, settings[name]!);
    const tasks = definitionsFor(system, environment).map((definition) => tasksOf(environment, definition.name));
    return Math.ceil(tasks.reduce((sum, { cpu, [bound]: count }) => sum + (2 * count * cpu) / 1024, 0));
  };
  const needs = (name: EnvironmentName): string => `${vCpus(name, 'min')} to ${vCpus(name, 'max')}`;
  expect(readFileSync(join(root, 'docs/operations.md'), 'utf8')).toContain(
    `\`dev\` needs ${needs('dev')}, \`staging\` ${needs('staging')}, \`prod\` ${needs('prod')}.`,
  );
});
