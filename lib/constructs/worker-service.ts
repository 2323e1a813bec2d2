import { Duration } from 'aws-cdk-lib/core';
import { CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { ScalableTarget } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Construct } from 'constructs';

import type { WorkQueue } from './work-queue.ts';
import { Workload } from './workload.ts';
import type { WorkloadProps } from './workload.ts';

export interface WorkerServiceProps extends WorkloadProps {
  /** The queue whose backlog sets the number of tasks. */
  readonly queue: WorkQueue;
}

/** An ECS service that consumes its queue and scales on the messages waiting per task. */
export class WorkerService extends Workload {
  constructor(scope: Construct, id: string, props: WorkerServiceProps) {
    super(scope, id, props);
    const { tasks } = props;
    const scaling = this.service.autoScaleTaskCount({ minCapacity: tasks.min, maxCapacity: tasks.max });
    // The L2 policies track a single metric; backlog per task is one metric divided by another.
    new CfnScalingPolicy(this, 'Backlog', {
      policyName: `${this.node.path}/backlog`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: (scaling.node.findChild('Target') as ScalableTarget).scalableTargetId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue: tasks.backlogPerTask,
        scaleOutCooldown: Duration.seconds(60).toSeconds(),
        scaleInCooldown: Duration.minutes(5).toSeconds(),
        customizedMetricSpecification: {
          metrics: [
            {
              id: 'waiting',
              returnData: false,
              metricStat: {
                stat: 'Average',
                metric: {
                  namespace: 'AWS/SQS',
                  metricName: 'ApproximateNumberOfMessagesVisible',
                  dimensions: [{ name: 'QueueName', value: props.queue.queue.queueName }],
                },
              },
            },
            {
              id: 'running',
              returnData: false,
              metricStat: {
                stat: 'Average',
                metric: {
                  namespace: 'ECS/ContainerInsights',
                  metricName: 'RunningTaskCount',
                  dimensions: [
                    { name: 'ClusterName', value: props.cluster.clusterName },
                    { name: 'ServiceName', value: this.service.serviceName },
                  ],
                },
              },
            },
            { id: 'backlog', expression: 'waiting / running', label: 'Messages waiting per task' },
          ],
        },
      },
    });
  }
}
