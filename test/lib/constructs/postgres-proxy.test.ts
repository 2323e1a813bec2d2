import { Stack } from 'aws-cdk-lib/core';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from '@jest/globals';

import { createApp } from '../../../lib/app.ts';
import { definitionsFor, system } from '../../../lib/system.ts';
import { temporaryOutdir } from '../stack.ts';

interface Task {
  readonly Properties: {
    readonly ContainerDefinitions: readonly { readonly Environment: readonly { Name: string; Value: unknown }[] }[];
  };
}

describe('an environment with a database proxy', () => {
  const props = { mailFrom: 'orders@example.com', sandbox: true, database: { proxy: true } };
  const app = createApp(system, { test: props }, { outdir: temporaryOutdir() });
  const stacks = app.node.findAll().filter((construct) => Stack.isStack(construct));
  const templateOf = (name: string) =>
    Template.fromStack(stacks.find(({ node }) => node.path === `test/${name}`) as Stack);
  const services = templateOf('Services');
  const users = definitionsFor(system, { sandbox: true }).filter(({ database }) => database);
  const proxyId = Object.keys(services.findResources('AWS::RDS::DBProxy'))[0] as string;

  /** The values of a variable in the tasks that have it, as text. */
  const valuesOf = (variable: string) =>
    Object.values(services.findResources('AWS::ECS::TaskDefinition') as Record<string, Task>).flatMap(
      ({ Properties }) =>
        Properties.ContainerDefinitions[0]!.Environment.filter(({ Name }) => Name === variable).map(({ Value }) =>
          JSON.stringify(Value),
        ),
    );

  test('the proxy requires TLS and logs in as the role of each service, not as the administrator', () => {
    services.hasResourceProperties('AWS::RDS::DBProxy', {
      DBProxyName: 'headroom-test',
      EngineFamily: 'POSTGRESQL',
      RequireTLS: true,
    });
    const [proxy] = Object.values(services.findResources('AWS::RDS::DBProxy'));
    const auth = proxy!.Properties.Auth as { SecretArn: unknown; ClientPasswordAuthType: string }[];
    expect(auth.map(({ ClientPasswordAuthType: type }) => type)).toEqual(users.map(() => 'POSTGRES_SCRAM_SHA_256'));
    const secrets = auth.map(({ SecretArn }) => JSON.stringify(SecretArn));
    for (const { name } of users) expect(secrets.filter((arn) => arn.includes(`PostgresRole${name}`))).toHaveLength(1);
  });

  test('it leaves connections to the migrations and to people, and fails when it gets none in 3 s', () => {
    services.hasResourceProperties('AWS::RDS::DBProxyTargetGroup', {
      ConnectionPoolConfigurationInfo: { MaxConnectionsPercent: 97, ConnectionBorrowTimeout: 3 },
    });
  });

  test('services write through it, and read from the replicas directly', () => {
    const primaries = valuesOf('DATABASE_PRIMARY');
    expect(primaries).toHaveLength(users.length);
    for (const address of primaries) expect(address).toContain(`["${proxyId}","Endpoint"]`);
    for (const address of valuesOf('DATABASE_REPLICAS')) expect(address).not.toContain(proxyId);
  });

  test('migrations connect to the primary itself, and have made the roles before it logs in', () => {
    const migrations = Object.values(services.findResources('AWS::Lambda::Function')).find(
      ({ Properties }) => Properties.Environment?.Variables?.DATABASE_PRIMARY,
    );
    expect(JSON.stringify(migrations!.Properties.Environment.Variables.DATABASE_PRIMARY)).not.toContain(proxyId);
    services.hasResource('AWS::RDS::DBProxy', {
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('^MigrationsTrigger')]),
    });
  });

  test('services start once it has its target and the paths to it are open', () => {
    const [target] = Object.keys(services.findResources('AWS::RDS::DBProxyTargetGroup'));
    const paths = Object.keys(
      services.findResources('AWS::EC2::SecurityGroupIngress', { Properties: { Description: 'PostgreSQL proxy' } }),
    );
    expect(paths).toHaveLength(users.length);
    for (const { name } of users) {
      const [service] = Object.values(
        services.findResources('AWS::ECS::Service', { Properties: { ServiceName: name } }),
      );
      expect(service!.DependsOn).toEqual(expect.arrayContaining([target, ...paths]));
    }
  });

  test('the paths to and from it are open, in the stack that can be deleted', () => {
    const rule = (Description: string, count: number) => {
      services.resourcePropertiesCountIs('AWS::EC2::SecurityGroupIngress', { Description }, count);
      services.resourcePropertiesCountIs('AWS::EC2::SecurityGroupEgress', { Description }, count);
    };
    rule('PostgreSQL proxy', users.length);
    // Of the services, the migrations and the proxy.
    rule('PostgreSQL', users.length + 2);
    templateOf('Data').resourceCountIs('AWS::RDS::DBProxy', 0);
  });
});
