import { Duration } from 'aws-cdk-lib/core';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';

import type { Environment } from '../config/environment.ts';
import { hasQueue, usesRedis } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';
import { ownMetric } from './own-metric.ts';
import type { AlarmSpec } from './part.ts';

/** An alarm takes ten metrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html */
const metricsPerAlarm = 10;

/** Returns the names of the circuits of a service, which follow from what it uses: those that app/kit and its main.ts give. */
export function dependenciesOf(definition: ServiceDefinition, replicas: number): string[] {
  const { database, cache, calls = [], publishes, mail, uploads, paymentProvider } = definition;
  return [
    ...(database ? ['The database', ...numbers(replicas).map((number) => `Replica ${number} of the database`)] : []),
    // The cache has a circuit of this name as well.
    ...(usesRedis(definition) || cache ? ['Redis'] : []),
    ...(publishes ? ['SNS'] : []),
    ...(hasQueue(definition) ? ['SQS'] : []),
    ...(mail ? ['SES'] : []),
    ...(uploads ? ['S3'] : []),
    ...calls,
    ...(paymentProvider ? ['The payment provider'] : []),
  ];
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** An alarm on the circuits of a service, or several where there are too many for one. A search would name them all, but has no alarm. */
export function breakerAlarms(environment: Environment, definition: ServiceDefinition): AlarmSpec[] {
  const { name } = definition;
  const names = dependenciesOf(definition, environment.database.replicas);
  const groups = numbers(Math.ceil(names.length / metricsPerAlarm));
  return groups.map((group) => {
    const circuits = names
      .slice((group - 1) * metricsPerAlarm, group * metricsPerAlarm)
      .map((dependency, index) => [
        `circuit${index}`,
        ownMetric(environment.name, name, 'BreakerOpen', { more: { dependency }, statistic: Stats.MAXIMUM }),
      ]);
    return {
      kind: 'breaker-open',
      of: group === 1 ? name : `${name}-${group}`,
      severity: 'warning',
      says: `${name} has given up on something it depends on`,
      metric: new MathExpression({
        expression: 'MAX(METRICS())',
        usingMetrics: Object.fromEntries(circuits) as Record<string, ReturnType<typeof ownMetric>>,
        label: 'Open circuits',
        period: Duration.minutes(1),
      }),
      atLeast: 1,
      periods: 1,
      missing: 'fine',
    };
  });
}
