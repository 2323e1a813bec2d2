import { Duration } from 'aws-cdk-lib/core';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';

import { graph } from './graph.ts';
import { ownMetric } from './own-metric.ts';
import type { Part } from './part.ts';

/** The events that a service has yet to publish. */
export function outboxPart(environment: string, service: string): Pick<Part, 'rows' | 'alarms'> {
  const period = Duration.minutes(1);
  const age = ownMetric(environment, service, 'OutboxAge', { statistic: Stats.MAXIMUM, period });
  const parked = ownMetric(environment, service, 'EventsParked', { statistic: Stats.SUM, period });
  return {
    rows: [[graph(`${service}: age of the outbox (s)`, [age]), graph(`${service}: events parked`, [parked])]],
    alarms: [
      {
        kind: 'outbox-age',
        of: service,
        severity: 'warning',
        says: `An event of ${service} has waited for five minutes to be published`,
        metric: age,
        atLeast: 300,
        periods: 3,
        missing: 'fine',
      },
      {
        kind: 'events-parked',
        of: service,
        severity: 'warning',
        says: `${service} has parked an event that the topic refuses`,
        metric: parked,
        atLeast: 1,
        periods: 1,
        missing: 'fine',
      },
    ],
  };
}
