import type { Logger } from './log.ts';

/**
 * Counts something, by a log line in the embedded metric format, from which CloudWatch makes a metric of the namespace
 * `Headroom` (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 * Its dimension is the `service` of the logger.
 */
export function logCount(log: Logger, metric: string, count: number, fields: object, message: string): void {
  log.error({ ...fields, [metric]: count, _aws: definitionOf(metric, 'Count', ['service']) }, message);
}

/** Logs a value as a metric whose dimensions are the `service` of the logger and `dimensions`. */
export function logValue(
  log: Logger,
  metric: string,
  value: number,
  dimensions: Readonly<Record<string, string>>,
  message: string,
): void {
  const names = ['service', ...Object.keys(dimensions)];
  log.warn({ ...dimensions, [metric]: value, _aws: definitionOf(metric, 'None', names) }, message);
}

const definitionOf = (metric: string, unit: string, dimensions: string[]) => ({
  Timestamp: Date.now(),
  CloudWatchMetrics: [{ Namespace: 'Headroom', Dimensions: [dimensions], Metrics: [{ Name: metric, Unit: unit }] }],
});
