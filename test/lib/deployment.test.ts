import { beforeAll, describe, expect, test } from '@jest/globals';

import { idsOf, resourcesOf, synthesize } from './synth.ts';
import type { Assembly, Template } from './synth.ts';

let templates: Assembly['templates'];
let assets: Assembly['assets'];
const stack = (name: string): Template => templates.get(name) ?? { Resources: {} };

beforeAll(() => {
  ({ templates, assets } = synthesize());
}, 60_000);

const environments = ['dev', 'staging', 'prod', 'local'];
const stacks = environments.flatMap((environment) =>
  ['Network', 'Data', 'Services', 'Edge'].map((name) => `${environment}/${name}`),
);

test('every environment has its four stacks, synthesized without credentials', () => {
  expect([...templates.keys()].toSorted()).toEqual(stacks.toSorted());
});

test.each(stacks)('%s is as it was', (name) => {
  const hashes = /[0-9a-f]{64}/g;
  const versions = /(CurrentVersion)[0-9A-F]{8}[0-9a-f]{32}/g;
  const text = JSON.stringify(stack(name)).replaceAll(hashes, '<hash>').replaceAll(versions, '$1<hash>');
  expect(JSON.parse(text)).toMatchSnapshot();
});

test('what holds data keeps its logical id, since another id means another, empty resource', () => {
  expect(
    idsOf(
      stack('prod/Data'),
      'AWS::RDS::DBInstance',
      'AWS::ElastiCache::ReplicationGroup',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
    ),
  ).toMatchInlineSnapshot(`
[
  "PostgresPrimaryE59F2C4B",
  "PostgresReplica1217B07FC",
  "PostgresReplica2A2F9C6A8",
  "RedisGroup88ACAA33",
  "EventsTopic97220A64",
  "QueueordersDeadLettersB3AF86E9",
  "QueueordersQueue554F7310",
  "QueuemailerDeadLettersA685EEFD",
  "QueuemailerQueue5F34E7B6",
]
`);
  expect(idsOf(stack('prod/Data'), 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret')).toMatchInlineSnapshot(`
[
  "AccessLogsBucketCD784A59",
  "UploadsBucketC4B27CC7",
  "prodDataPostgresPrimarySecretF2240E2A3fdaad7efa858a3daf9490cf0a702aeb",
  "PostgresRolecatalog817F4B51",
  "PostgresRoleauthB4C6DA13",
  "PostgresRoleorders14EB6D04",
  "PostgresRolepaymentsE13443B6",
  "PostgresRolemailer6F2B18D9",
  "RedisAuthToken9E34F6A5",
  "SessionSecretC41FBD23",
]
`);
  expect(idsOf(stack('prod/Network'), 'AWS::EC2::VPC', 'AWS::EC2::Subnet')).toMatchInlineSnapshot(`
[
  "NetworkVpc7FB7348F",
  "NetworkVpcpublicSubnet1Subnet00617657",
  "NetworkVpcpublicSubnet2SubnetDCAA7C9A",
  "NetworkVpcpublicSubnet3SubnetB6CE113A",
  "NetworkVpcappSubnet1SubnetE208FB5D",
  "NetworkVpcappSubnet2SubnetC46F4198",
  "NetworkVpcappSubnet3Subnet726FBFBA",
  "NetworkVpcdataSubnet1SubnetE7C988E9",
  "NetworkVpcdataSubnet2Subnet7A99E9BE",
  "NetworkVpcdataSubnet3Subnet6505920D",
]
`);
});

test('what holds data in prod outlives its stack', () => {
  const policies = (type: string): unknown[] =>
    resourcesOf(stack('prod/Data'), type).map(([, { DeletionPolicy }]) => DeletionPolicy);
  expect(policies('AWS::RDS::DBInstance')[0]).toBe('Snapshot');
  expect(policies('AWS::S3::Bucket')).toEqual(['Retain', 'Retain']);
});

test('what holds data in dev goes with its stack, objects and all', () => {
  const dev = stack('dev/Data');
  for (const type of ['AWS::RDS::DBInstance', 'AWS::S3::Bucket']) {
    for (const [, { DeletionPolicy }] of resourcesOf(dev, type)) expect(DeletionPolicy).toBe('Delete');
  }
  const emptied = resourcesOf(dev, 'Custom::S3AutoDeleteObjects').map(([, { Properties }]) => Properties.BucketName);
  expect(emptied).toEqual(idsOf(dev, 'AWS::S3::Bucket').map((Ref) => ({ Ref })));
});

test('no template holds a secret in clear', () => {
  for (const template of templates.values()) {
    expect(JSON.stringify(template)).not.toMatch(/"(MasterUserPassword|AuthToken|SecretString)":"/);
    for (const [, { Properties }] of resourcesOf(template, 'AWS::ECS::TaskDefinition')) {
      expect(JSON.stringify(Properties.ContainerDefinitions)).not.toContain('resolve:secretsmanager');
    }
  }
});

test('an image is copied together, pinned, and does not run as root', () => {
  const images = assets.filter(({ dockerfile }) => dockerfile !== undefined);
  expect(images).toHaveLength(6);
  for (const { files, dockerfile } of images) {
    expect(Object.keys(files).toSorted()).toEqual([
      'Dockerfile',
      'health.js',
      'main.js',
      'main.js.map',
      'package.json',
    ]);
    // The Node that runs this, and the laptop.
    expect(dockerfile).toMatch(new RegExp(`^FROM \\S+:${process.versions.node}-\\S+$`, 'm'));
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^CMD \["node", "--enable-source-maps", "main.js"\]$/m);
    expect(dockerfile).not.toMatch(/^RUN/m);
  }
});

test('every bundle stays under 2 MB, so that a task or a function is there soon', () => {
  const sizes = assets.map(({ files }) => files['main.js'] ?? files['index.js']);
  expect(sizes.filter((size) => size === undefined || size >= 2_000_000)).toEqual([]);
});

test('only environments with the demo catalogue carry its films', () => {
  const migrations = assets.filter(({ files }) => 'migrations' in files);
  expect(migrations).toHaveLength(2);
  expect(migrations.filter(({ files }) => 'films.json' in files)).toHaveLength(1);
});

test('listener rules have distinct priorities in every environment', () => {
  for (const environment of environments) {
    const rules = resourcesOf(stack(`${environment}/Services`), 'AWS::ElasticLoadBalancingV2::ListenerRule');
    const priorities = rules.map(([, { Properties }]) => Properties.Priority);
    expect(new Set(priorities).size).toBe(rules.length);
  }
});

test('services start only after the migrations have run, with their ways open and their roles granted', () => {
  const services = resourcesOf(stack('prod/Services'), 'AWS::ECS::Service');
  expect(services).toHaveLength(5);
  for (const [id, { DependsOn }] of services) {
    const name = id.replace(/Service[0-9A-F]{8}$/, '');
    expect(DependsOn).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^MigrationsTrigger/),
        expect.stringMatching(new RegExp(`^${name}SecurityGroup.*5432to`)),
        expect.stringMatching(new RegExp(`^${name}TaskExecutionRoleDefaultPolicy`)),
      ]),
    );
  }
  const [trigger] = resourcesOf(stack('prod/Services'), 'Custom::Trigger');
  expect(trigger?.[1].DependsOn).toContainEqual(expect.stringMatching(/^MigrationsSecurityGroup.*5432to/));
});

test('migrations that take too long are over before their caller stops waiting', () => {
  const [trigger] = resourcesOf(stack('prod/Services'), 'Custom::Trigger');
  const functions = new Map(resourcesOf(stack('prod/Services'), 'AWS::Lambda::Function'));
  const timeout = (name: string): number =>
    Number([...functions].find(([id]) => id.startsWith(name))?.[1].Properties.Timeout);
  const waits = Number(trigger?.[1].Properties.Timeout) / 1000;
  expect(timeout('MigrationsFunction')).toBeLessThan(waits);
  expect(waits).toBeLessThanOrEqual(timeout('AWSCDKTrigger'));
});

describe('in prod', () => {
  test('security groups open the ways of the table and no other', () => {
    expect(ways('prod')).toEqual([
      '0.0.0.0/0:443 <- Migrations',
      '0.0.0.0/0:443 <- Tasks of auth',
      '0.0.0.0/0:443 <- Tasks of catalog',
      '0.0.0.0/0:443 <- Tasks of mailer',
      '0.0.0.0/0:443 <- Tasks of orders',
      '0.0.0.0/0:443 <- Tasks of payments',
      'CloudFront to load balancer:80 <- pl-a3a144ca',
      'Load balancer:80 <- Tasks of orders',
      'Load balancer:80 <- Tasks of payments',
      'PostgreSQL:5432 <- Migrations',
      'PostgreSQL:5432 <- Tasks of auth',
      'PostgreSQL:5432 <- Tasks of catalog',
      'PostgreSQL:5432 <- Tasks of mailer',
      'PostgreSQL:5432 <- Tasks of orders',
      'PostgreSQL:5432 <- Tasks of payments',
      'Redis:6379 <- Tasks of auth',
      'Redis:6379 <- Tasks of orders',
      'Redis:6379 <- Tasks of payments',
      'Tasks of auth:3000 <- Load balancer',
      'Tasks of catalog:3000 <- Load balancer',
      'Tasks of orders:3000 <- Load balancer',
      'Tasks of payments:3000 <- Load balancer',
    ]);
  });

  test('a task role may do what the table grants and nothing else', () => {
    const consume = [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ReceiveMessage',
    ];
    expect(statements('catalogTaskTaskRole')).toEqual([]);
    expect(statements('authTaskTaskRole')).toEqual([]);
    expect(statements('ordersTaskTaskRole')).toEqual([{ may: consume, on: 'QueueordersQueue' }]);
    expect(statements('paymentsTaskTaskRole')).toEqual([{ may: 'sns:Publish', on: 'EventsTopic' }]);
    expect(statements('mailerTaskTaskRole')).toEqual([
      { may: consume, on: 'QueuemailerQueue' },
      {
        may: ['ses:SendEmail', 'ses:SendRawEmail'],
        // Whoever it is sent to, as the SES sandbox wants it; the sender is fixed below.
        on: expect.stringContaining(':identity/*'),
        when: { StringEquals: { 'ses:FromAddress': 'orders@example.com' } },
      },
    ]);
  });

  test.each([
    ['catalog', ['PostgresRolecatalog']],
    ['auth', ['PostgresRoleauth', 'RedisAuthToken', 'SessionSecret']],
    ['orders', ['PostgresRoleorders', 'RedisAuthToken', 'SessionSecret']],
    ['payments', ['PostgresRolepayments', 'RedisAuthToken', 'SessionSecret']],
    ['mailer', ['PostgresRolemailer']],
  ])('tasks of %s are started with their own secrets only', (name, secrets) => {
    const readable = statements(`${name}TaskExecutionRole`).filter(({ may }) =>
      may.includes('secretsmanager:GetSecretValue'),
    );
    expect(readable.flatMap(({ on }) => on)).toEqual(secrets);
  });

  test('migrations may read the admin secret and those of the database roles', () => {
    expect(statements('MigrationsFunctionServiceRole')).toEqual([
      {
        may: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        on: [
          'PostgresPrimarySecretAttachment',
          'PostgresRoleauth',
          'PostgresRolecatalog',
          'PostgresRolemailer',
          'PostgresRoleorders',
          'PostgresRolepayments',
        ],
      },
    ]);
  });

  /** What the policies of a role allow, with resources shortened to the logical id they come from. */
  function statements(role: string): { may: string | string[]; on: string | string[]; when?: unknown }[] {
    const attached = resourcesOf(stack('prod/Services'), 'AWS::IAM::Policy').filter(([id]) =>
      id.startsWith(`${role}DefaultPolicy`),
    );
    return attached.flatMap(([, { Properties }]) => {
      const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
      return Statement.map(({ Action, Resource, Condition }) => ({
        may: Action,
        on: Array.isArray(Resource) ? Resource.map(origin) : origin(Resource),
        when: Condition,
      }));
    });
  }
});

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** The logical id, without its hash, that a reference over stacks leads to. */
function origin(resource: unknown): string {
  const text = JSON.stringify(resource);
  const imported = /ExportsOutput(?:FnGetAtt|Ref)(\w+?)[0-9A-F]{8}/.exec(text)?.[1];
  return imported ?? text;
}

/** All open ways of an environment, as `to:port <- from`, whichever of the two sides opens them; both must. */
function ways(environment: string): string[] {
  const groups = new Map<string, string>();
  const ingress = new Set<string>();
  const egress = new Set<string>();
  for (const part of ['Data', 'Services']) {
    for (const [id, { Properties }] of resourcesOf(stack(`${environment}/${part}`), 'AWS::EC2::SecurityGroup')) {
      groups.set(id, String(Properties.GroupDescription));
    }
  }
  const label = (reference: unknown): string => {
    const text = JSON.stringify(reference);
    return [...groups].find(([id]) => text.includes(id))?.[1] ?? String(reference);
  };
  const add = (self: string, inwards: boolean, rule: Rule): void => {
    const peer = rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId;
    const other = peer ? label(peer) : String(rule.CidrIp ?? rule.SourcePrefixListId);
    if (rule.CidrIp === '255.255.255.255/32') return; // CDK's way to say "nothing"
    if (inwards) ingress.add(`${self}:${rule.ToPort} <- ${other}`);
    else egress.add(`${other}:${rule.ToPort} <- ${self}`);
  };
  for (const part of ['Data', 'Services']) {
    const template = stack(`${environment}/${part}`);
    for (const [id, { Properties }] of resourcesOf(template, 'AWS::EC2::SecurityGroup')) {
      for (const rule of (Properties.SecurityGroupIngress ?? []) as Rule[]) add(groups.get(id)!, true, rule);
      for (const rule of (Properties.SecurityGroupEgress ?? []) as Rule[]) add(groups.get(id)!, false, rule);
    }
    for (const [, { Properties }] of resourcesOf(template, 'AWS::EC2::SecurityGroupIngress'))
      add(label(Properties.GroupId), true, Properties);
    for (const [, { Properties }] of resourcesOf(template, 'AWS::EC2::SecurityGroupEgress'))
      add(label(Properties.GroupId), false, Properties);
  }
  const between = [...egress].filter((way) => !way.startsWith('0.0.0.0/0'));
  expect([...ingress].filter((way) => !way.includes('<- pl-')).toSorted()).toEqual(between.toSorted());
  return [...new Set([...ingress, ...egress])].toSorted();
}

interface Rule {
  readonly SourceSecurityGroupId?: unknown;
  readonly DestinationSecurityGroupId?: unknown;
  readonly SourcePrefixListId?: string;
  readonly CidrIp?: string;
  readonly ToPort?: number;
}
