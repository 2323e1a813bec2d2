import { Duration } from 'aws-cdk-lib/core';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

import { graph } from './graph.ts';
import type { AlarmSpec, Part } from './part.ts';

export const balancerMetric = (
  dimensionsMap: { readonly LoadBalancer: string; readonly TargetGroup?: string },
  metricName: string,
  statistic: string = Stats.SUM,
): Metric =>
  new Metric({
    namespace: 'AWS/ApplicationELB',
    metricName,
    dimensionsMap: { ...dimensionsMap },
    statistic,
    period: Duration.minutes(1),
  });

/** The load balancer, between the edge and the services. */
export function balancerPart(LoadBalancer: string): Part {
  const metric = (name: string, statistic?: string) => balancerMetric({ LoadBalancer }, name, statistic);
  const [requests, elb, target] = ['RequestCount', 'HTTPCode_ELB_5XX_Count', 'HTTPCode_Target_5XX_Count'].map((name) =>
    metric(name),
  );
  const percentiles = ['p50', 'p90', 'p99'].map((p) => metric('TargetResponseTime', p).with({ label: p }));
  return {
    title: 'Load balancer',
    rows: [
      [
        graph('Requests per minute', [requests!]),
        graph('5xx per minute: of targets, of the load balancer', [target!, elb!]),
        graph('Response time (s)', percentiles),
        graph('Connections', [metric('ActiveConnectionCount'), metric('RejectedConnectionCount')]),
      ],
    ],
    alarms: [errorAlarm({ requests: requests!, elb: elb!, target: target! })],
  };
}

/**
 * RequestCount lacks the requests for which there was no target:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html. With fewer than
 * ten requests a minute, one failed request would be an alarm.
 */
const errorAlarm = (usingMetrics: Record<string, Metric>): AlarmSpec => ({
  kind: 'balancer-errors',
  severity: 'critical',
  says: 'More than 5 % of the requests at the load balancer fail with a 5xx',
  metric: new MathExpression({
    expression:
      'IF(FILL(requests, 0) + FILL(elb, 0) >= 10, 100 * (FILL(elb, 0) + FILL(target, 0)) / (FILL(requests, 0) + FILL(elb, 0)), 0)',
    usingMetrics,
    label: '5xx (%)',
    period: Duration.minutes(1),
  }),
  atLeast: 5,
  periods: 5,
  missing: 'fine',
});
