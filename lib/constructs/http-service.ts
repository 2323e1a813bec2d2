import { Duration } from 'aws-cdk-lib/core';
import {
  ApplicationProtocol,
  ApplicationTargetGroup,
  TargetGroupLoadBalancingAlgorithmType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

import type { Tasks } from '../config/environment.ts';
import type { ListenerRule } from '../config/listener-rules.ts';
import { scaleOnBacklog } from './backlog-scaling.ts';
import type { InternalLoadBalancer } from './internal-load-balancer.ts';
import type { WorkQueue } from './work-queue.ts';
import { containerPort, Workload } from './workload.ts';
import type { WorkloadProps } from './workload.ts';

export interface HttpServiceProps extends WorkloadProps {
  readonly loadBalancer: InternalLoadBalancer;
  /** Rules by which the load balancer forwards requests to the service. */
  readonly rules: readonly ListenerRule[];
  /** The queue that it consumes beside serving requests. @default - none */
  readonly queue?: WorkQueue;
}

/** An ECS service behind the load balancer, which scales on requests per task, on CPU, and on the backlog of its queue. */
export class HttpService extends Workload {
  readonly targetGroup: ApplicationTargetGroup;

  constructor(scope: Construct, id: string, props: HttpServiceProps) {
    super(scope, id, props);
    const { cluster, tasks } = props;
    this.targetGroup = new ApplicationTargetGroup(this, 'TargetGroup', {
      vpc: cluster.vpc,
      port: containerPort,
      protocol: ApplicationProtocol.HTTP,
      targets: [this.service],
      healthCheck: {
        path: '/api/health',
        interval: Duration.seconds(15),
        // ECS replaces what fails this check as well, and only the container's own check tells busy from dead: a busy task
        // has 10 checks, the most that ALB allows.
        timeout: Duration.seconds(10),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 10,
      },
      loadBalancingAlgorithmType: algorithms[tasks.algorithm],
      enableAnomalyMitigation: tasks.algorithm === 'weighted_random' ? true : undefined,
      stickinessCookieDuration: tasks.stickinessSeconds ? Duration.seconds(tasks.stickinessSeconds) : undefined,
      deregistrationDelay: Duration.seconds(tasks.deregistrationSeconds),
    });
    props.loadBalancer.route(props.rules, this.targetGroup);

    const scaling = this.service.autoScaleTaskCount({ minCapacity: tasks.min, maxCapacity: tasks.max });
    scaling.scaleOnRequestCount('Requests', {
      targetGroup: this.targetGroup,
      requestsPerTarget: tasks.requestsPerMinute,
      scaleOutCooldown: Duration.seconds(30),
      scaleInCooldown: Duration.minutes(5),
    });
    scaling.scaleOnCpuUtilization('Cpu', {
      targetUtilizationPercent: tasks.cpuPercent,
      scaleOutCooldown: Duration.seconds(30),
      scaleInCooldown: Duration.minutes(5),
    });
    const { queue } = props;
    if (queue) scaleOnBacklog(this, scaling, { cluster, tasks, queue });
  }
}

const algorithms = {
  round_robin: TargetGroupLoadBalancingAlgorithmType.ROUND_ROBIN,
  least_outstanding_requests: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
  weighted_random: TargetGroupLoadBalancingAlgorithmType.WEIGHTED_RANDOM,
} satisfies Record<Tasks['algorithm'], TargetGroupLoadBalancingAlgorithmType>;
