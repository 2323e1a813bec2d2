import { Stats } from 'aws-cdk-lib/aws-cloudwatch';

import { balancerMetric } from './balancer.ts';
import { edgeMetric } from './edge.ts';
import { graph, total } from './graph.ts';
import type { Part } from './part.ts';

export interface PeoplePartProps {
  readonly environment: string;
  readonly distributionId: string;
  /** Full name of the load balancer. */
  readonly loadBalancer: string;
}

/** What people do and get. */
export function peoplePart({ environment, distributionId, loadBalancer }: PeoplePartProps): Part {
  const response = ['p50', 'p90', 'p99'].map((p) =>
    balancerMetric({ LoadBalancer: loadBalancer }, 'TargetResponseTime', p).with({ label: p }),
  );
  return {
    title: 'People',
    rows: [
      [
        graph('Requests per minute', [edgeMetric(distributionId, 'Requests')]),
        graph('Failed requests (%)', [edgeMetric(distributionId, '5xxErrorRate')]),
        graph('Response time behind the edge (s)', response),
        graph('Requests turned away by the load balancer', [
          balancerMetric({ LoadBalancer: loadBalancer }, 'RejectedConnectionCount', Stats.SUM),
        ]),
      ],
      [
        graph('Orders per minute', [total('OrdersPlaced', environment, 'orders')]),
        graph('Revenue per minute (cents)', [total('Revenue', environment, 'cents')]),
        graph('Sign-ups per minute', [total('SignUps', environment, 'sign-ups')]),
        graph('Payments declined per minute', [total('PaymentsDeclined', environment, 'declined')]),
      ],
    ],
    alarms: [],
  };
}
