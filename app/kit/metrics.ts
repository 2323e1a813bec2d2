import type { Logger } from './log.ts';

/**
 * Counts something, by a log line in the embedded metric format, from which CloudWatch makes a metric of the namespace
 * `Headroom` (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 * Its dimension is the `service` of the logger.
 */
export function logCount(log: Logger, metric: string, count: number, fields: object, message: string): void {
  const definition = {
    Namespace: 'Headroom',
    Dimensions: [['service']],
    Metrics: [{ Name: metric, Unit: 'Count' }],
  };
  log.error({ ...fields, [metric]: count, _aws: { Timestamp: Date.now(), CloudWatchMetrics: [definition] } }, message);
}
