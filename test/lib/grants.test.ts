import { describe, expect, test } from '@jest/globals';

import { definitionsFor, hasQueue, system, usesRedis } from '../../lib/system.ts';
import type { ServiceDefinition } from '../../lib/system.ts';
import { environmentNames, environments, templateOf } from './environments.ts';
import type { EnvironmentName } from './environments.ts';
import { resourcesOf } from './synth.ts';

const consume = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
];
const bury = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'];
const readQuota = { actions: 'ses:GetSendQuota', on: '"*"' };
const readSecret = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'];

describe.each(environmentNames)('in %s', (environment) => {
  const definitions = definitionsFor(system, environments[environment]);

  test('a task role has the grants of its definition and no other', () => {
    for (const definition of definitions) {
      expect(grantsOf(environment, `${definition.name}TaskTaskRole`)).toEqual(expectedGrants(environment, definition));
    }
  });

  const providerKey = environments[environment].sandbox
    ? 'SandboxProviderKey'
    : '"arn:aws:secretsmanager:eu-central-1:111122223333:secret:payment-provider-AbCdEf"';

  test('the key of the payment provider is passed to payments, and to the sandbox where there is one', () => {
    const tasks = resourcesOf(templateOf(environment, 'Services'), 'AWS::ECS::TaskDefinition');
    const holders = tasks.filter(([, { Properties }]) => JSON.stringify(Properties).includes('PAYMENT_PROVIDER_KEY'));
    expect(holders.map(([id]) => id.replace(/Task[0-9A-F]{8}$/, '')).toSorted()).toEqual(
      environments[environment].sandbox ? ['payments', 'sandbox'] : ['payments'],
    );
  });

  test('tasks start with the secrets of their definition and no other', () => {
    for (const definition of definitions) {
      const { name, cache, database, sessions, paymentProvider, sandboxProvider } = definition;
      const grants = grantsOf(environment, `${name}TaskExecutionRole`);
      expect(grants.filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue'))).toEqual(
        secretGrants(
          [
            ...(cache ? [`CacheUsersPassword${name}`] : []),
            ...(database ? [`PostgresRole${name}`] : []),
            ...(usesRedis(definition) ? [`RedisUsersPassword${name}`] : []),
            ...(sessions ? ['SessionSecret'] : []),
            ...(paymentProvider || sandboxProvider ? [providerKey] : []),
          ].toSorted(),
        ),
      );
    }
  });

  test('migrations read the secrets of the administrator and of all database roles', () => {
    const roles = definitions.filter(({ database }) => database).map(({ name }) => `PostgresRole${name}`);
    expect(grantsOf(environment, 'MigrationsFunctionServiceRole')).toEqual(
      secretGrants(['PostgresPrimarySecretAttachment', ...roles.toSorted()]),
    );
  });
});

test('the grants of one worker, by hand', () => {
  expect(grantsOf('prod', 'mailerTaskTaskRole')).toEqual([
    { actions: consume, on: 'QueuemailerQueue' },
    { actions: bury, on: 'QueuemailerDeadLetters' },
    {
      actions: ['ses:SendEmail', 'ses:SendRawEmail'],
      on: [expect.stringContaining(':configuration-set/headroom-prod'), expect.stringContaining(':identity/*')],
      condition: { StringEquals: { 'ses:FromAddress': 'orders@example.com' } },
    },
    readQuota,
  ]);
  expect(grantsOf('prod', 'mailerTaskExecutionRole')).toContainEqual({
    actions: readSecret,
    on: ['PostgresRolemailer', 'RedisUsersPasswordmailer'],
  });
});

interface Grant {
  readonly actions: string | string[];
  /** Logical id, without its hash, of each resource. */
  readonly on: string | string[];
  readonly condition?: unknown;
}

function expectedGrants(environment: EnvironmentName, definition: ServiceDefinition): Grant[] {
  const { name, publishes, mail, uploads = {} } = definition;
  const onUploads = (actions: string, prefixes: readonly string[] = []): Grant[] =>
    prefixes.length === 0 ? [] : [{ actions, on: oneOrMany(prefixes.map(() => 'UploadsBucket')) }];
  return [
    ...(hasQueue(definition)
      ? [
          { actions: consume, on: `Queue${name}Queue` },
          { actions: bury, on: `Queue${name}DeadLetters` },
        ]
      : []),
    ...(publishes ? [{ actions: 'sns:Publish', on: 'EventsTopic' }] : []),
    ...(mail
      ? [
          {
            actions: ['ses:SendEmail', 'ses:SendRawEmail'],
            // Any recipient, as the SES sandbox requires; the condition fixes the sender.
            on: [
              expect.stringContaining(`:configuration-set/headroom-${environment}`) as unknown as string,
              expect.stringContaining(':identity/*') as unknown as string,
            ],
            condition: { StringEquals: { 'ses:FromAddress': environments[environment].mailFrom } },
          },
          readQuota,
        ]
      : []),
    ...onUploads('s3:GetObject', uploads.reads),
    ...onUploads('s3:PutObject', uploads.writes),
  ];
}

const secretGrants = (secrets: string[]): Grant[] =>
  secrets.length === 0 ? [] : [{ actions: readSecret, on: oneOrMany(secrets) }];

/** CDK renders a list of one as its only element. */
const oneOrMany = (list: string[]): string | string[] => (list.length === 1 ? list[0]! : list);

/** Returns the statements of a role's policies. */
function grantsOf(environment: EnvironmentName, role: string): Grant[] {
  const policies = resourcesOf(templateOf(environment, 'Services'), 'AWS::IAM::Policy').filter(([id]) =>
    id.startsWith(`${role}DefaultPolicy`),
  );
  return policies.flatMap(([, { Properties }]) => {
    const { Statement } = Properties['PolicyDocument'] as { Statement: Statement[] };
    return Statement.map(({ Action, Resource, Condition }) => ({
      actions: Action,
      on: Array.isArray(Resource) ? Resource.map(originOf) : originOf(Resource),
      condition: Condition,
    }));
  });
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Returns the logical id, without its hash, behind a reference to another stack. */
function originOf(resource: unknown): string {
  const text = JSON.stringify(resource);
  return /PublishOutput(?:FnGetAtt|Ref)(\w+?)[0-9A-F]{8}/.exec(text)?.[1] ?? text;
}
