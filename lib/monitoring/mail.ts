import { Duration } from 'aws-cdk-lib/core';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

import { graph } from './graph.ts';
import type { Part } from './part.ts';

/**
 * SES, for the whole account and region: these metrics have no dimensions. AWS reviews an account at a bounce rate of 5 % and
 * may stop it at 10 %, and at a complaint rate of 0.1 % and 0.5 %.
 * @see https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
 */
export function mailPart(): Part {
  const metric = (metricName: string): Metric =>
    new Metric({ namespace: 'AWS/SES', metricName, statistic: 'Average', period: Duration.hours(1) });
  const bounces = metric('Reputation.BounceRate');
  return {
    title: 'Mail',
    rows: [[graph('Mail of the account: bounce and complaint rate', [bounces, metric('Reputation.ComplaintRate')])]],
    alarms: [
      {
        kind: 'mail-bounces',
        severity: 'warning',
        says: 'One mail in twenty of the account bounces; AWS stops an account at one in ten',
        metric: bounces,
        atLeast: 0.05,
        periods: 1,
        missing: 'fine',
      },
    ],
  };
}
