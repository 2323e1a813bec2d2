import { Duration, Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import { AlarmRule, AlarmState } from 'aws-cdk-lib/aws-cloudwatch';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { Alarms } from '../constructs/alarms.ts';
import { edgeMetric } from '../monitoring/edge.ts';

export interface EdgeAlarmsStackProps extends StackProps {
  readonly environment: Environment;
  readonly distribution: Distribution;
}

/**
 * How many times faster than allowed the error budget of 30 days is spent, over a long window and, so that the alarm ends with
 * its cause, over a short one: 2 % of it in an hour, 5 % in six.
 * @see https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
 */
const burns = [
  { of: 'fast', rate: 14.4, long: Duration.hours(1), short: Duration.minutes(5) },
  { of: 'slow', rate: 6, long: Duration.hours(6), short: Duration.minutes(30) },
] as const;

/** The alarms on CloudFront, in the region where it reports. */
export class EdgeAlarmsStack extends Stack {
  constructor(scope: Construct, id: string, props: EdgeAlarmsStackProps) {
    super(scope, id, props);
    const alarms = new Alarms(this, 'Alarms', props.environment);
    const { availabilityPercent } = props.environment.alarms;
    const failed = (period: Duration) => edgeMetric(props.distribution.distributionId, '5xxErrorRate', period);
    const shared = { severity: 'critical', missing: 'fine' } as const;
    alarms.add({
      ...shared,
      kind: 'edge-errors',
      says: 'More than 5 % of all requests have failed with a 5xx for five minutes',
      metric: failed(Duration.minutes(1)),
      atLeast: 5,
      periods: 5,
    });
    for (const { of, rate, long, short } of burns) {
      const windows = [long, short].map((period) =>
        alarms.addSilent({
          ...shared,
          kind: 'error-budget',
          of: `${of}-${period.toMinutes()}m`,
          says: `The error budget is spent ${rate} times too fast over ${period.toMinutes()} minutes`,
          metric: failed(period),
          // Decimal numbers have a remainder.
          atLeast: Number((rate * (100 - availabilityPercent)).toFixed(6)),
          periods: 1,
        }),
      );
      alarms.addComposite(
        {
          ...shared,
          kind: 'error-budget',
          of,
          says: `The error budget of ${availabilityPercent} % availability is spent ${rate} times too fast`,
        },
        AlarmRule.allOf(...windows.map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM))),
      );
    }
  }
}
