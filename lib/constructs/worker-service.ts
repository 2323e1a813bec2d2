import { Duration } from 'aws-cdk-lib';
import { CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { ScalableTarget } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Connections } from 'aws-cdk-lib/aws-ec2';
import type { ContainerDefinition, ICluster, ContainerImage, Secret } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

import type { Tasks } from '../config/environment.ts';
import { fargateService } from './fargate-task.ts';
import type { WorkQueue } from './work-queue.ts';
import type { Workload } from './workload.ts';

export interface WorkerServiceProps {
  readonly cluster: ICluster;
  readonly name: string;
  readonly image: ContainerImage;
  readonly logGroup: ILogGroup;
  /** The queue whose backlog sets how many tasks there are. */
  readonly queue: WorkQueue;
  readonly tasks: Tasks;
}

/** An ECS service that nobody calls: it reads its queue, and scales with the messages waiting per task. */
export class WorkerService extends Construct implements Workload {
  readonly connections: Connections;
  readonly role: IRole;
  readonly #container: ContainerDefinition;

  constructor(scope: Construct, id: string, props: WorkerServiceProps) {
    super(scope, id);
    const { tasks } = props;
    const service = fargateService(this, { ...props, ...tasks });
    this.connections = service.connections;
    this.role = service.taskDefinition.taskRole;
    this.#container = service.taskDefinition.defaultContainer!;

    const scaling = service.autoScaleTaskCount({ minCapacity: tasks.min, maxCapacity: tasks.max });
    // The L2 policies take single metrics only; backlog per task is one metric divided by another.
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
                    { name: 'ServiceName', value: service.serviceName },
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

  addEnvironment(name: string, value: string): void {
    this.#container.addEnvironment(name, value);
  }

  addSecret(name: string, secret: Secret): void {
    this.#container.addSecret(name, secret);
  }
}
