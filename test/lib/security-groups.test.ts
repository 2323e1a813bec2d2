import { expect, test } from '@jest/globals';

import { withDefaults } from '../../lib/config/environment.ts';
import { environments as settings } from '../../lib/config/environments.ts';
import { definitionsFor, system, usesRedis } from '../../lib/system.ts';
import { environmentNames, environments, stackNames, templateOf } from './environments.ts';
import type { EnvironmentName } from './environments.ts';
import { resourcesOf } from './synth.ts';

// A path is written as `to:port <- from`.

test.each(environmentNames)('security groups of %s open the paths of the table and no other', (environment) => {
  expect(paths(environment)).toEqual(expectedPaths(environment));
});

test('the paths from and to one service, by hand', () => {
  expect(paths('prod').filter((path) => path.includes('Tasks of payments'))).toEqual([
    '0.0.0.0/0:443 <- Tasks of payments',
    'AWS endpoints:443 <- Tasks of payments',
    'Load balancer:80 <- Tasks of payments',
    'PostgreSQL:5432 <- Tasks of payments',
    'Redis:6379 <- Tasks of payments',
    'Tasks of payments:3000 <- Load balancer',
    'pl-6ea54007:443 <- Tasks of payments',
  ]);
});

/** CDK's description of the group. */
const nat = 'Security Group for NAT instances';
const overInternet = 'AWS APIs, over the internet';

/** Which groups may reach any address on the internet, and why. */
const internet: Readonly<Record<EnvironmentName, Readonly<Record<string, string>>>> = {
  dev: {
    Migrations: overInternet,
    [nat]: 'Allow all outbound traffic by default',
    'Tasks of auth': overInternet,
    'Tasks of catalog': overInternet,
    'Tasks of imager': overInternet,
    'Tasks of images': overInternet,
    'Tasks of mailer': overInternet,
    'Tasks of orders': overInternet,
    'Tasks of payments': overInternet,
    'Tasks of sandbox': overInternet,
  },
  staging: {},
  prod: { 'Tasks of payments': 'Payment provider' },
  local: {},
};

test.each(environmentNames)('in %s, only those who need the internet may reach it', (environment) => {
  const { groups, egress, nameOf } = rules(environment);
  // EC2 lets a group without an outbound rule reach everything; CloudFormation removes that with the first rule it adds.
  // https://github.com/aws-cloudformation/cfn-language-discussion/issues/157
  const ruled = new Set(egress.map(({ GroupId }) => nameOf(GroupId)));
  expect(groups.map(([id]) => nameOf(id)).filter((name) => !ruled.has(name))).toEqual([]);

  const toInternet = egress.filter(({ CidrIp, CidrIpv6 }) => CidrIp === '0.0.0.0/0' || CidrIpv6 !== undefined);
  expect(Object.fromEntries(toInternet.map(({ GroupId, Description }) => [nameOf(GroupId), Description]))).toEqual(
    internet[environment],
  );
});

function expectedPaths(environment: EnvironmentName): string[] {
  const { sandbox } = environments[environment];
  const endpoints = environment !== 'dev';
  const apis = endpoints ? 'AWS endpoints:443' : '0.0.0.0/0:443';
  const expected = [`${apis} <- Migrations`, 'PostgreSQL:5432 <- Migrations'];
  expected.push('CloudFront to load balancer:80 <- pl-a3a144ca');
  if (environment === 'dev')
    expected.push(`0.0.0.0/0:all <- ${nat}`, `${nat}:all <- ${withDefaults('dev', settings['dev']!).cidr}`);
  for (const definition of definitionsFor(system, { sandbox })) {
    const { kind, cache, database, calls, paymentProvider } = definition;
    const tasks = `Tasks of ${definition.name}`;
    expected.push(`${apis} <- ${tasks}`);
    if (endpoints) expected.push(`pl-6ea54007:443 <- ${tasks}`);
    if (endpoints && paymentProvider && !sandbox) expected.push(`0.0.0.0/0:443 <- ${tasks}`);
    if (kind === 'service') expected.push(`${tasks}:3000 <- Load balancer`);
    if (database) expected.push(`PostgreSQL:5432 <- ${tasks}`);
    if (cache) expected.push(`Cache:6379 <- ${tasks}`);
    if (usesRedis(definition)) expected.push(`Redis:6379 <- ${tasks}`);
    if (calls || (paymentProvider && sandbox)) expected.push(`Load balancer:80 <- ${tasks}`);
  }
  return expected.toSorted();
}

/** Returns all open paths. Between two groups, both sides must open the path. */
function paths(environment: EnvironmentName): string[] {
  const { ingress, egress, nameOf } = rules(environment);
  const inbound = ingress.map((rule) => `${nameOf(rule.GroupId)}:${portOf(rule)} <- ${peerOf(rule, nameOf)}`);
  const outbound = egress
    .filter(({ CidrIp }) => CidrIp !== '255.255.255.255/32')
    .map((rule) => `${peerOf(rule, nameOf)}:${portOf(rule)} <- ${nameOf(rule.GroupId)}`);

  const fromGroups = inbound.filter((path) => !/<- (pl-|10\.)/.test(path));
  const toGroups = outbound.filter((path) => !/^(0\.0\.0\.0|pl-)/.test(path));
  expect(fromGroups.toSorted()).toEqual(toGroups.toSorted());
  return [...new Set([...inbound, ...outbound])].toSorted();
}

/** Returns the security groups of all stacks and their rules, and how to name a group by a reference to it. */
function rules(environment: EnvironmentName) {
  const resources = (type: string) => stackNames.flatMap((stack) => resourcesOf(templateOf(environment, stack), type));
  const groups = resources('AWS::EC2::SecurityGroup');
  const nameOf = (reference: unknown): string => {
    const text = JSON.stringify(reference);
    return String(groups.find(([id]) => text.includes(id))?.[1].Properties['GroupDescription'] ?? reference);
  };
  const rulesOf = (inline: string, type: string): Rule[] => [
    ...groups.flatMap(([GroupId, { Properties }]) =>
      ((Properties[inline] ?? []) as Rule[]).map((rule) => Object.assign({}, rule, { GroupId })),
    ),
    ...resources(type).map(([, { Properties }]) => Properties as Rule),
  ];
  return {
    groups,
    nameOf,
    ingress: rulesOf('SecurityGroupIngress', 'AWS::EC2::SecurityGroupIngress'),
    /** CDK renders "no egress" as a rule for 255.255.255.255/32. */
    egress: rulesOf('SecurityGroupEgress', 'AWS::EC2::SecurityGroupEgress'),
  };
}

function peerOf(rule: Rule, nameOf: (reference: unknown) => string): string {
  const group = rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId;
  const peer = rule.CidrIp ?? rule.SourcePrefixListId ?? rule.DestinationPrefixListId;
  return group === undefined ? String(peer) : nameOf(group);
}

const portOf = ({ IpProtocol, ToPort }: Rule): string => (IpProtocol === '-1' ? 'all' : String(ToPort));

interface Rule {
  readonly GroupId?: unknown;
  readonly SourceSecurityGroupId?: unknown;
  readonly DestinationSecurityGroupId?: unknown;
  readonly SourcePrefixListId?: string;
  readonly DestinationPrefixListId?: string;
  readonly CidrIp?: string;
  readonly CidrIpv6?: string;
  readonly IpProtocol?: string;
  readonly ToPort?: number;
  readonly Description?: string;
}
