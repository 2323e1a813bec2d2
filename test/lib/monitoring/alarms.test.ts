import { readFileSync } from 'node:fs';

import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from '@jest/globals';

import type { EnvironmentProps } from '../../../lib/config/environment-props.ts';
import { dependenciesOf } from '../../../lib/monitoring/dependencies.ts';
import { definitionsFor, folderOf, hasQueue, system } from '../../../lib/system.ts';
import type { ServiceDefinition } from '../../../lib/system.ts';
import { environmentNames, environments } from '../environments.ts';
import { deploymentStacks } from '../deployment-stacks.ts';
import { alarmsOf, widgetsOf } from './metrics.ts';

describe.each(environmentNames)('in %s', (environment) => {
  const alarms = alarmsOf(environment);
  const names = alarms.map(({ AlarmName }) => AlarmName.replace(`headroom-${environment}-`, ''));
  const titles = widgetsOf(environment).map(({ properties }) => properties.title ?? properties.markdown);
  const definitions = definitionsFor(system, environments[environment]);

  test('each service and worker has its graphs and an alarm on its tasks, and each queue on its age and its dead letters', () => {
    for (const definition of definitions) {
      const { name } = definition;
      expect(names).toContain(`running-tasks-${name}`);
      expect(titles).toContain(`${name}: running tasks`);
      if (definition.kind === 'service') expect(titles).toContain(`${name}: p99 by route (ms)`);
      if (!hasQueue(definition)) continue;
      expect(names).toEqual(expect.arrayContaining([`queue-age-${name}`, `dead-letters-${name}`]));
      expect(titles).toContain(`${name}: age of the oldest message (s)`);
    }
  });

  test('an alarm tells the topic of its severity when it begins and when it ends, unless another one refers to it', () => {
    const silent = alarms.filter(({ AlarmActions }) => AlarmActions === undefined);
    expect(silent.map(({ AlarmName }) => AlarmName)).toEqual(
      ['fast-60m', 'fast-5m', 'slow-360m', 'slow-30m'].map(
        (window) => `headroom-${environment}-error-budget-${window}`,
      ),
    );
    for (const { AlarmActions, OKActions } of alarms.filter((alarm) => !silent.includes(alarm))) {
      expect(AlarmActions).toEqual([{ Ref: expect.stringMatching(/^Alarms(critical|warning)[0-9A-F]{8}$/) }]);
      expect(OKActions).toEqual(AlarmActions);
    }
  });

  test('silence is an alarm only from what always reports', () => {
    const breaching = alarms.filter(({ TreatMissingData }) => TreatMissingData === 'breaching');
    const kinds = new Set(breaching.map(({ AlarmDescription }) => AlarmDescription.split('#')[1]));
    expect(['running-tasks', 'database-storage', 'sessions-memory', 'nat-instance']).toEqual(
      expect.arrayContaining([...kinds]),
    );
    for (const { TreatMissingData, AlarmDescription } of alarms.filter(({ Threshold }) => Threshold !== undefined)) {
      expect([AlarmDescription, TreatMissingData]).toEqual([
        AlarmDescription,
        expect.stringMatching(/^(notBreaching|breaching)$/),
      ]);
    }
  });

  test('the dashboard begins with the state of the alarms, then with what people do', () => {
    const [first, second] = widgetsOf(environment);
    expect(first?.type).toBe('alarm');
    expect(second?.properties.markdown).toBe('# People');
    expect(first?.properties.alarms).toHaveLength(
      alarms.filter(({ AlarmDescription }) => !/#(edge-errors|error-budget)$/.test(AlarmDescription)).length,
    );
  });
});

function stacksWith(props: Partial<EnvironmentProps>, definitions: readonly ServiceDefinition[] = system) {
  const stacks = deploymentStacks(props, definitions);
  const named = (name: string) => {
    const stack = stacks.find(({ stackName }) => stackName === `headroom-test-${name}`)!;
    return { region: stack.environment.region, template: Template.fromJSON(stack.template as object) };
  };
  return { edgeAlarms: named('edgealarms'), monitoring: named('monitoring') };
}

test('a new service has its alarms by being in the table', () => {
  const reviews: ServiceDefinition = {
    kind: 'service',
    name: 'catalog',
    paths: ['/api/reviews'],
    publishes: ['review.made'],
  };
  const { template } = stacksWith({}, [...system.filter(({ name }) => name !== 'catalog'), reviews]).monitoring;
  for (const kind of ['running-tasks', 'latency', 'unhealthy-tasks', 'breaker-open', 'outbox-age', 'events-parked']) {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: `headroom-test-${kind}-catalog` });
  }
});

test('addresses subscribe to the topic of their severity, in both regions; thresholds and runbook follow the settings', () => {
  const { edgeAlarms, monitoring } = stacksWith({
    region: 'eu-west-1',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    tasks: { p99Ms: 250 },
    services: { payments: { p99Ms: 4000 } },
    alarms: {
      critical: ['night@example.com'],
      warning: ['day@example.com'],
      availabilityPercent: 99.5,
      runbook: 'https://example.com/runbook.md',
    },
  });
  expect([edgeAlarms.region, monitoring.region]).toEqual(['us-east-1', 'eu-west-1']);
  const subscribers = ({ template }: typeof edgeAlarms) =>
    Object.values(template.findResources('AWS::SNS::Subscription')).map(
      ({ Properties }) =>
        `${Properties.TopicArn.Ref.replace(/[0-9A-F]{8}$/, '')} ${Properties.Protocol} ${Properties.Endpoint}`,
    );
  expect(subscribers(edgeAlarms)).toEqual(['Alarmscritical email night@example.com']);
  expect(subscribers(monitoring).toSorted()).toEqual([
    'Alarmscritical email night@example.com',
    'Alarmswarning email day@example.com',
  ]);
  const alarm = (name: string, stack: typeof edgeAlarms, properties: object) =>
    stack.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: `headroom-test-${name}`,
      ...properties,
    });
  alarm('latency-auth', monitoring, { Threshold: 0.25 });
  alarm('latency-payments', monitoring, { Threshold: 4 });
  alarm('error-budget-fast-60m', edgeAlarms, { Threshold: 7.2, Period: 3600 });
  alarm('error-budget-slow-30m', edgeAlarms, { Threshold: 3, Period: 1800 });
  const [first] = Object.values(monitoring.template.findResources('AWS::CloudWatch::Alarm'));
  expect(first?.['Properties'].AlarmDescription).toMatch(/\. https:\/\/example\.com\/runbook\.md#[\w-]+$/);
});

test('the circuits of more replicas than an alarm can watch are in several alarms', () => {
  const { template } = stacksWith({ database: { replicas: 15 } }).monitoring;
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  for (const { Properties } of alarms) {
    const metrics = (Properties.Metrics ?? []).filter((query: object) => 'MetricStat' in query);
    expect(metrics.length).toBeLessThanOrEqual(10);
  }
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'headroom-test-breaker-open-catalog-2' });
});

test.each(system.map((definition) => [definition.name, definition] as const))(
  'the alarm on the circuits of %s knows those that its main.ts opens',
  (_, definition) => {
    const main = readFileSync(`${folderOf(definition)}/main.ts`, 'utf8');
    const opened: readonly (readonly [pattern: RegExp, name: (match: string) => string])[] = [
      [/connectDatabase/, () => 'The database'],
      [/connect(?:Redis|Cache)\(/, () => 'Redis'],
      [/create(SNS|SQS|SES|S3)\(/i, (client) => client.toUpperCase()],
      [/call\('([^']+)'/, (service) => service],
    ];
    const names = opened.flatMap(([pattern, name]) =>
      [...main.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map(([, match = '']) => name(match)),
    );
    expect(new Set(dependenciesOf(definition, 0))).toEqual(new Set(names));
  },
);
