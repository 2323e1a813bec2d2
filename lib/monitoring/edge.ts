import { Duration } from 'aws-cdk-lib/core';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

import { cloudFrontRegion } from '../config/regions.ts';
import { graph } from './graph.ts';
import type { Part } from './part.ts';

type EdgeMetric = 'Requests' | 'BytesDownloaded' | 'BytesUploaded' | '4xxErrorRate' | '5xxErrorRate';

/** A metric of a distribution. CloudFront documents one valid statistic for each: Average for rates, Sum for the others. */
export const edgeMetric = (DistributionId: string, metricName: EdgeMetric, period = Duration.minutes(1)): Metric =>
  new Metric({
    namespace: 'AWS/CloudFront',
    metricName,
    dimensionsMap: { DistributionId, Region: 'Global' },
    region: cloudFrontRegion,
    period,
    statistic: metricName.endsWith('Rate') ? 'Average' : 'Sum',
  });

/** What people get from CloudFront. The alarms are in the stack `EdgeAlarms`, because of their region. */
export const edgePart = (distributionId: string): Part => ({
  title: 'Edge',
  rows: [
    [
      graph('Requests per minute at the edge', [edgeMetric(distributionId, 'Requests')]),
      graph('Errors at the edge (%)', [
        edgeMetric(distributionId, '5xxErrorRate'),
        edgeMetric(distributionId, '4xxErrorRate'),
      ]),
      graph('Bytes per minute at the edge', [
        edgeMetric(distributionId, 'BytesDownloaded'),
        edgeMetric(distributionId, 'BytesUploaded'),
      ]),
    ],
  ],
  alarms: [],
});
