import { Duration } from 'aws-cdk-lib/core';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

import type { RedisCache } from '../constructs/redis-cache.ts';
import { graph } from './graph.ts';
import type { AlarmSpec, Part } from './part.ts';

type Purpose = 'sessions' | 'cache';

/**
 * Each node of the group is a cluster of one. AWS documents some metrics by cluster, others by cluster and node
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html#ElastiCache).
 */
const onlyNode = { CacheNodeId: '0001' };

/**
 * A replication group. ElastiCache names its nodes after the group: `<group>-001` and so on
 * (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Replication.CreatingReplGroup.NoExistingCluster.Classic.html). After
 * a failover the primary is another one, so each node has alarms.
 */
export function redisPart(purpose: Purpose, { replicationGroup }: RedisCache): Part {
  const nodes = Array.from({ length: Number(replicationGroup.numCacheClusters) }, (_, index) => index + 1);
  const metric = (node: number, metricName: string, statistic: string = Stats.MAXIMUM, more = {}): Metric =>
    new Metric({
      namespace: 'AWS/ElastiCache',
      metricName,
      dimensionsMap: { CacheClusterId: `${replicationGroup.ref}-00${node}`, ...more },
      statistic,
      period: Duration.minutes(1),
      label: `node ${node}`,
    });
  const of = (name: string, statistic?: string, more = {}) => nodes.map((node) => metric(node, name, statistic, more));
  return {
    title: `Redis: ${purpose}`,
    rows: [
      [
        graph(`Redis ${purpose}: memory (%)`, of('DatabaseMemoryUsagePercentage')),
        graph(`Redis ${purpose}: CPU of the engine (%)`, of('EngineCPUUtilization')),
        graph(`Redis ${purpose}: connections`, of('CurrConnections', Stats.MAXIMUM, onlyNode)),
        graph(`Redis ${purpose}: evictions per minute`, of('Evictions', Stats.SUM, onlyNode)),
      ],
    ],
    alarms: nodes.flatMap((node) => [
      memoryAlarm(purpose, node, metric(node, 'DatabaseMemoryUsagePercentage')),
      {
        kind: 'redis-cpu',
        of: `${purpose}-${node}`,
        severity: 'warning',
        says: `The engine of node ${node} of the Redis for ${purpose} has used over 80 % of its CPU for 15 minutes`,
        metric: metric(node, 'EngineCPUUtilization'),
        atLeast: 80,
        periods: 15,
        missing: 'fine',
      },
    ]),
  };
}

/** A full cache evicts, which is its purpose; where nothing is evicted, a full one refuses every sign-in. */
const memoryAlarm = (purpose: Purpose, node: number, metric: Metric): AlarmSpec =>
  purpose === 'sessions'
    ? {
        kind: 'sessions-memory',
        of: String(node),
        severity: 'critical',
        says: `The memory of node ${node} of the Redis for sessions is 80 % full; when it is full, nobody can sign in`,
        metric,
        atLeast: 80,
        periods: 5,
        missing: 'breach',
      }
    : {
        kind: 'cache-memory',
        of: String(node),
        severity: 'warning',
        says: `The memory of node ${node} of the Redis for caches has been full for an hour, so that it evicts`,
        metric,
        atLeast: 95,
        periods: 60,
        missing: 'fine',
      };
