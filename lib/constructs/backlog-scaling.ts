import { CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { ScalableTarget } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { ScalableTaskCount } from 'aws-cdk-lib/aws-ecs';

import type { WorkQueue } from './work-queue.ts';
import type { Workload, WorkloadProps } from './workload.ts';

/**
 * Scales a workload on the messages that wait in its queue per running task. Application Auto Scaling takes the largest of
 * the numbers of tasks that the policies of a service ask for.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html
 */
export function scaleOnBacklog(
  workload: Workload,
  scaling: ScalableTaskCount,
  { cluster, tasks, queue }: Pick<WorkloadProps, 'cluster' | 'tasks'> & { readonly queue: WorkQueue },
): void {
  // The L2 policies track a single metric; backlog per task is one metric divided by another.
  new CfnScalingPolicy(workload, 'Backlog', {
    policyName: `${workload.node.path}/backlog`,
    policyType: 'TargetTrackingScaling',
    scalingTargetId: (scaling.node.findChild('Target') as ScalableTarget).scalableTargetId,
    targetTrackingScalingPolicyConfiguration: {
      targetValue: tasks.backlogPerTask,
      scaleOutCooldown: 60,
      scaleInCooldown: 300,
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
                dimensions: [{ name: 'QueueName', value: queue.queue.queueName }],
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
                  { name: 'ClusterName', value: cluster.clusterName },
                  { name: 'ServiceName', value: workload.service.serviceName },
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
