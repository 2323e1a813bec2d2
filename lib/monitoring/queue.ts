import { Duration } from 'aws-cdk-lib/core';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

import type { WorkQueue } from '../constructs/work-queue.ts';
import { graph, search } from './graph.ts';
import { ownMetric } from './own-metric.ts';
import type { Part } from './part.ts';

const metric = (QueueName: string, metricName: string, statistic: string): Metric =>
  new Metric({
    namespace: 'AWS/SQS',
    metricName,
    dimensionsMap: { QueueName },
    statistic,
    period: Duration.minutes(1),
  });

/**
 * The queue of a service or worker, and its dead letters. SQS reports nothing of a queue that nothing has used for six hours:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
 */
export function queuePart(environment: string, service: string, { queue, deadLetters }: WorkQueue): Part {
  const age = metric(queue.queueName, 'ApproximateAgeOfOldestMessage', Stats.MAXIMUM);
  const dead = metric(deadLetters.queueName, 'ApproximateNumberOfMessagesVisible', Stats.MAXIMUM);
  const own = { period: Duration.minutes(1) };
  return {
    title: `Queue of ${service}`,
    rows: [
      [
        graph(`${service}: messages waiting, being handled`, [
          metric(queue.queueName, 'ApproximateNumberOfMessagesVisible', Stats.MAXIMUM),
          metric(queue.queueName, 'ApproximateNumberOfMessagesNotVisible', Stats.MAXIMUM),
        ]),
        graph(`${service}: age of the oldest message (s)`, [age]),
        graph(`${service}: dead letters`, [dead]),
        graph(
          `${service}: time for a message, p99 (ms)`,
          [ownMetric(environment, service, 'MessageDuration', { ...own, statistic: 'p99' })],
          { right: [search('MessagesFailed', ['type'], { environment, service }, 'Sum')] },
        ),
      ],
    ],
    alarms: [
      {
        kind: 'queue-age',
        of: service,
        severity: 'warning',
        says: `A message has waited in the queue of ${service} for 15 minutes`,
        metric: age,
        atLeast: 900,
        periods: 5,
        missing: 'fine',
      },
      {
        kind: 'dead-letters',
        of: service,
        severity: 'warning',
        says: `The dead-letter queue of ${service} has messages`,
        metric: dead,
        atLeast: 1,
        periods: 1,
        missing: 'fine',
      },
    ],
  };
}
