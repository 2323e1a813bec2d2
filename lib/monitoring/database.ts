import { Duration } from 'aws-cdk-lib/core';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

import type { Environment } from '../config/environment.ts';
import { memoryGiBOf } from '../config/instance-memory.ts';
import type { Postgres } from '../constructs/postgres.ts';
import { graph } from './graph.ts';
import type { AlarmSpec, Part } from './part.ts';

interface Server {
  /** Such as `primary` or `replica-1`. */
  readonly name: string;
  readonly id: string;
  readonly isReplica: boolean;
}

const gibibyte = 1024 ** 3;

const metric = ({ id, name }: Server, metricName: string, statistic: string = Stats.AVERAGE): Metric =>
  new Metric({
    namespace: 'AWS/RDS',
    metricName,
    dimensionsMap: { DBInstanceIdentifier: id },
    statistic,
    period: Duration.minutes(1),
    label: name,
  });

/** The primary and its replicas. */
export function databasePart(database: Environment['database'], postgres: Postgres): Part {
  const servers: readonly Server[] = [
    { name: 'primary', id: postgres.primary.instanceIdentifier, isReplica: false },
    ...postgres.replicas.map((replica, index) => ({
      name: `replica-${index + 1}`,
      id: replica.instanceIdentifier,
      isReplica: true,
    })),
  ];
  const of = (name: string) => servers.map((server) => metric(server, name));
  return {
    title: 'Database',
    rows: [
      [
        graph('Database: CPU (%)', of('CPUUtilization')),
        graph('Database: connections', of('DatabaseConnections')),
        graph('Database: free storage (bytes)', of('FreeStorageSpace')),
        graph('Database: freeable memory (bytes)', of('FreeableMemory')),
      ],
      [
        graph('Database: read latency (s)', of('ReadLatency')),
        graph('Database: write latency (s)', of('WriteLatency')),
        ...(servers.length > 1
          ? [
              graph(
                'Database: lag of replicas (s)',
                servers.filter(({ isReplica }) => isReplica).map((it) => metric(it, 'ReplicaLag')),
              ),
            ]
          : []),
      ],
    ],
    alarms: servers.flatMap((server) => serverAlarms(server, database)),
  };
}

/**
 * RDS adds storage when a tenth is left, six hours after the last time at the earliest
 * (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html): less than half of that means that it
 * has not.
 */
function serverAlarms(server: Server, database: Environment['database']): AlarmSpec[] {
  const { name: of, isReplica } = server;
  const { maxConnections, storageGiB, instanceType } = database;
  const most = Math.floor(maxConnections * 0.8);
  const storage = Math.max(1, storageGiB * 0.05);
  const memory = Math.round(memoryGiBOf(instanceType) * 0.05 * gibibyte);
  const warning = { of, severity: 'warning', periods: 15, missing: 'fine' } as const;
  return [
    {
      ...warning,
      kind: 'database-cpu',
      says: `The CPU of the ${of} of the database has been over 80 % for 15 minutes`,
      metric: metric(server, 'CPUUtilization'),
      atLeast: 80,
    },
    {
      ...warning,
      kind: 'database-connections',
      says: `The ${of} of the database has had ${most} of ${maxConnections} connections for 15 minutes`,
      metric: metric(server, 'DatabaseConnections', Stats.MAXIMUM),
      atLeast: most,
    },
    {
      ...warning,
      kind: 'database-memory',
      says: `The ${of} of the database, a ${instanceType}, has had less than a twentieth of its memory for 15 minutes`,
      metric: metric(server, 'FreeableMemory'),
      below: memory,
    },
    {
      kind: 'database-storage',
      of,
      severity: 'critical',
      says: `The ${of} of the database has less than ${storage} GiB of free storage`,
      metric: metric(server, 'FreeStorageSpace', Stats.MINIMUM),
      below: storage * gibibyte,
      periods: 5,
      // A server that reports nothing is down, or being replaced.
      missing: 'breach',
    },
    ...(isReplica
      ? [
          {
            ...warning,
            kind: 'replica-lag',
            says: `The ${of} of the database has been more than a minute behind for 15 minutes`,
            metric: metric(server, 'ReplicaLag', Stats.MAXIMUM),
            atLeast: 60,
          },
        ]
      : []),
  ];
}
