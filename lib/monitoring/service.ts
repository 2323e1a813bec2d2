import { Duration } from 'aws-cdk-lib/core';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

import { tasksOf } from '../config/environment.ts';
import type { Environment } from '../config/environment.ts';
import { HttpService } from '../constructs/http-service.ts';
import type { WorkerService } from '../constructs/worker-service.ts';
import type { ServiceDefinition } from '../system.ts';
import { balancerMetric } from './balancer.ts';
import { breakerAlarms, dependenciesOf } from './dependencies.ts';
import { graph, search } from './graph.ts';
import { ownMetric } from './own-metric.ts';
import type { OwnMetric } from './own-metric.ts';
import { outboxPart } from './outbox.ts';
import type { AlarmSpec, Part } from './part.ts';

export interface ServicePartProps {
  readonly environment: Environment;
  readonly definition: ServiceDefinition;
  readonly workload: HttpService | WorkerService;
  /** Full name of the load balancer. */
  readonly loadBalancer: string;
}

const period = Duration.minutes(1);

/** A service or worker: its tasks, its requests by route, what it depends on and what it publishes. */
export function servicePart(props: ServicePartProps): Part {
  const { environment, definition, workload } = props;
  const { name, kind, publishes } = definition;
  const own = (metric: OwnMetric, statistic: string, more?: Readonly<Record<string, string>>) =>
    ownMetric(environment.name, name, metric, { statistic, period, more });
  const dimensionsMap = {
    ClusterName: workload.service.cluster.clusterName,
    ServiceName: workload.service.serviceName,
  };
  const running = new Metric({
    namespace: 'ECS/ContainerInsights',
    metricName: 'RunningTaskCount',
    dimensionsMap,
    statistic: Stats.AVERAGE,
    period,
  });
  const used = ['CPUUtilization', 'MemoryUtilization'].map(
    (metricName) => new Metric({ namespace: 'AWS/ECS', metricName, dimensionsMap, statistic: Stats.MAXIMUM, period }),
  );
  const { min } = tasksOf(environment, name);
  const outbox = publishes ? outboxPart(environment.name, name) : undefined;
  const circuits = dependenciesOf(definition, environment.database.replicas).map((dependency) =>
    own('BreakerOpen', Stats.MAXIMUM, { dependency }).with({ label: dependency }),
  );
  return {
    title: `${kind === 'service' ? 'Service' : 'Worker'} ${name}`,
    rows: [
      ...(workload instanceof HttpService ? [requestRow(props)] : []),
      [
        graph(`${name}: running tasks`, [running]),
        graph(`${name}: CPU and memory of the busiest task (%)`, used),
        graph(`${name}: event loop delay, p99 (ms)`, [own('EventLoopDelay', 'p99')]),
        graph(`${name}: open circuits`, circuits),
      ],
      resourceRow(environment.name, definition),
      ...(outbox ? outbox.rows : []),
    ],
    alarms: [
      {
        kind: 'running-tasks',
        of: name,
        severity: 'critical',
        says: `${name} has had fewer than its minimum of ${min} tasks for ten minutes`,
        metric: running,
        below: min,
        periods: 10,
        missing: 'breach',
      },
      ...(workload instanceof HttpService ? requestAlarms(props, workload) : []),
      ...breakerAlarms(environment, definition),
      ...(outbox ? outbox.alarms : []),
    ],
  };
}

/** What the tasks use, besides CPU. */
function resourceRow(environment: string, { name, cache, database }: ServiceDefinition) {
  const of = { environment, service: name };
  const own = (metric: OwnMetric) => ownMetric(environment, name, metric, { statistic: Stats.MAXIMUM, period });
  return [
    graph(`${name}: event loop in use (%)`, [own('EventLoopUtilization')]),
    graph(`${name}: memory (bytes)`, [own('MemoryUsed')]),
    ...(database
      ? [
          graph(`${name}: database connections, waiting for one`, [search('PoolConnections', ['server'], of, 'Sum')], {
            right: [search('PoolWaiting', ['server'], of, 'Maximum')],
          }),
        ]
      : []),
    ...(cache ? [graph(`${name}: reads of the cache`, [search('CacheReads', ['layer', 'outcome'], of, 'Sum')])] : []),
  ];
}

function requestRow({ environment, definition: { name } }: ServicePartProps) {
  const of = { environment: environment.name, service: name };
  const own = (metric: OwnMetric, statistic: string) =>
    ownMetric(environment.name, name, metric, { statistic, period });
  return [
    graph(`${name}: requests per minute by route`, [search('RequestDuration', ['route'], of, 'SampleCount')]),
    graph(`${name}: p99 by route (ms)`, [search('RequestDuration', ['route'], of, 'p99')]),
    graph(`${name}: errors, refused`, [own('RequestErrors', Stats.SUM), own('RequestsRefused', Stats.SUM)]),
    graph(`${name}: in flight`, [own('RequestsInFlight', Stats.MAXIMUM)], {
      right: [search('RequestsLimited', ['limit'], of, 'Sum'), search('RequestsShed', ['priority'], of, 'Sum')],
    }),
  ];
}

function requestAlarms(
  { environment, definition: { name }, loadBalancer }: ServicePartProps,
  service: HttpService,
): AlarmSpec[] {
  const dimensions = { LoadBalancer: loadBalancer, TargetGroup: service.targetGroup.targetGroupFullName };
  const { p99Ms } = tasksOf(environment, name);
  return [
    {
      kind: 'latency',
      of: name,
      severity: 'warning',
      says: `One request in a hundred to ${name} has taken ${p99Ms} ms or more for ten minutes`,
      metric: balancerMetric(dimensions, 'TargetResponseTime', 'p99'),
      atLeast: p99Ms / 1000,
      periods: 10,
      missing: 'fine',
    },
    {
      kind: 'unhealthy-tasks',
      of: name,
      severity: 'warning',
      says: `The load balancer has had an unhealthy task of ${name} for ten minutes`,
      metric: balancerMetric(dimensions, 'UnHealthyHostCount', Stats.MAXIMUM),
      atLeast: 1,
      periods: 10,
      missing: 'fine',
    },
  ];
}
