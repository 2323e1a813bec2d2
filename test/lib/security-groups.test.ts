import { expect, test } from '@jest/globals';

import { definitionsFor, system } from '../../lib/system.ts';
import { environmentNames, environments, templateOf } from './environments.ts';
import type { EnvironmentName } from './environments.ts';
import { resourcesOf } from './synth.ts';

// A path is written as `to:port <- from`.

test.each(environmentNames)('security groups of %s open the paths of the table and no other', (environment) => {
  expect(paths(environment)).toEqual(expectedPaths(environment));
});

test('the paths from and to one service, by hand', () => {
  expect(paths('prod').filter((path) => path.includes('Tasks of payments'))).toEqual([
    '0.0.0.0/0:443 <- Tasks of payments',
    'Load balancer:80 <- Tasks of payments',
    'PostgreSQL:5432 <- Tasks of payments',
    'Redis:6379 <- Tasks of payments',
    'Tasks of payments:3000 <- Load balancer',
  ]);
});

function expectedPaths(environment: EnvironmentName): string[] {
  const { sandbox } = environments[environment];
  const expected = ['0.0.0.0/0:443 <- Migrations', 'PostgreSQL:5432 <- Migrations'];
  expected.push('CloudFront to load balancer:80 <- pl-a3a144ca');
  for (const definition of definitionsFor(system, { sandbox })) {
    const { kind, database, sessions, calls, paymentProvider } = definition;
    const tasks = `Tasks of ${definition.name}`;
    expected.push(`0.0.0.0/0:443 <- ${tasks}`);
    if (kind === 'service') expected.push(`${tasks}:3000 <- Load balancer`);
    if (database) expected.push(`PostgreSQL:5432 <- ${tasks}`);
    if (sessions) expected.push(`Redis:6379 <- ${tasks}`);
    if (calls || (paymentProvider && sandbox)) expected.push(`Load balancer:80 <- ${tasks}`);
  }
  return expected.toSorted();
}

/** Returns all open paths of the Data and Services stacks. Between two groups, both sides must open the path. */
function paths(environment: EnvironmentName): string[] {
  const templates = [templateOf(environment, 'Data'), templateOf(environment, 'Services')];
  const resources = (type: string) => templates.flatMap((template) => resourcesOf(template, type));
  const groups = resources('AWS::EC2::SecurityGroup');
  const nameOf = (reference: unknown): string => {
    const text = JSON.stringify(reference);
    return String(groups.find(([id]) => text.includes(id))?.[1].Properties['GroupDescription'] ?? reference);
  };
  const ingress = [
    ...groups.flatMap(([id, { Properties }]) => rulesOf(Properties['SecurityGroupIngress'], id)),
    ...resources('AWS::EC2::SecurityGroupIngress').map(([, { Properties }]) => Properties as Rule),
  ].map((rule) => `${nameOf(rule.GroupId)}:${rule.ToPort} <- ${peerOf(rule, nameOf)}`);
  const egress = [
    ...groups.flatMap(([id, { Properties }]) => rulesOf(Properties['SecurityGroupEgress'], id)),
    ...resources('AWS::EC2::SecurityGroupEgress').map(([, { Properties }]) => Properties as Rule),
  ].map((rule) => `${peerOf(rule, nameOf)}:${rule.ToPort} <- ${nameOf(rule.GroupId)}`);

  const fromGroups = ingress.filter((path) => !path.includes('<- pl-'));
  const toGroups = egress.filter((path) => !path.startsWith('0.0.0.0/0'));
  expect(fromGroups.toSorted()).toEqual(toGroups.toSorted());
  return [...new Set([...ingress, ...egress])].toSorted();
}

/** Returns the rules within a group. CDK renders "no egress" as a rule for 255.255.255.255/32. */
const rulesOf = (rules: unknown, GroupId: string): Rule[] =>
  ((rules ?? []) as Rule[])
    .filter(({ CidrIp }) => CidrIp !== '255.255.255.255/32')
    .map((rule) => Object.assign({}, rule, { GroupId }));

function peerOf(rule: Rule, nameOf: (reference: unknown) => string): string {
  const group = rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId;
  return group === undefined ? String(rule.CidrIp ?? rule.SourcePrefixListId) : nameOf(group);
}

interface Rule {
  readonly GroupId?: unknown;
  readonly SourceSecurityGroupId?: unknown;
  readonly DestinationSecurityGroupId?: unknown;
  readonly SourcePrefixListId?: string;
  readonly CidrIp?: string;
  readonly ToPort?: number;
}
