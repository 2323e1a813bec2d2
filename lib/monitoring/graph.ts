import { Duration } from 'aws-cdk-lib/core';
import { GraphWidget, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { GraphWidgetProps, IMetric } from 'aws-cdk-lib/aws-cloudwatch';

import type { OwnMetric } from './own-metric.ts';

/** Returns a graph; four of them fill a row of the dashboard. */
export const graph = (title: string, left: readonly IMetric[], props: GraphWidgetProps = {}): GraphWidget =>
  new GraphWidget({ title, left: [...left], leftYAxis: { min: 0 }, width: 6, height: 6, ...props });

/**
 * Returns the series of one of our metrics for each value of the last dimensions, whatever values there are. Routes are
 * known to the services only, and a search costs nothing, but has no alarm
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-search-expressions.html).
 */
export function search(
  metric: OwnMetric,
  dimensions: readonly string[],
  having: Readonly<Record<string, string>>,
  statistic: string,
): MathExpression {
  const conditions = Object.entries(having).map(([name, value]) => `${name}="${value}"`);
  const schema = ['Headroom', 'environment', 'service', ...dimensions].join(',');
  const query = [`{${schema}}`, `MetricName="${metric}"`, ...conditions].join(' ');
  return expression(`SEARCH('${query}', '${statistic}', 60)`, dimensions.length > 0 ? '' : metric);
}

/** Returns the sum of a metric over all services that emit it. */
export const total = (metric: OwnMetric, environment: string, label: string): MathExpression =>
  expression(`SUM(${search(metric, [], { environment }, 'Sum').expression})`, label);

const expression = (text: string, label: string): MathExpression =>
  new MathExpression({ expression: text, label, period: Duration.minutes(1) });
