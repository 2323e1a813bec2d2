import { Duration } from 'aws-cdk-lib';
import type { Connections } from 'aws-cdk-lib/aws-ec2';
import type { ContainerDefinition, ICluster, ContainerImage, Secret } from 'aws-cdk-lib/aws-ecs';
import {
  ApplicationProtocol,
  ApplicationTargetGroup,
  TargetGroupLoadBalancingAlgorithmType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

import type { Tasks } from '../config/environment.ts';
import { containerPort, fargateService } from './fargate-task.ts';
import type { InternalLoadBalancer } from './internal-load-balancer.ts';
import type { Workload } from './workload.ts';

export interface HttpServiceProps {
  readonly cluster: ICluster;
  readonly name: string;
  readonly image: ContainerImage;
  readonly logGroup: ILogGroup;
  readonly gateway: InternalLoadBalancer;
  /** Path patterns that the gateway sends here. */
  readonly paths: readonly string[];
  readonly tasks: Tasks;
}

/** An ECS service behind the gateway, with its own target group, role and scaling. */
export class HttpService extends Construct implements Workload {
  readonly connections: Connections;
  readonly role: IRole;
  readonly targetGroup: ApplicationTargetGroup;
  readonly #container: ContainerDefinition;

  constructor(scope: Construct, id: string, props: HttpServiceProps) {
    super(scope, id);
    const { cluster, name, tasks } = props;
    const service = fargateService(this, { ...props, ...tasks });
    this.connections = service.connections;
    this.role = service.taskDefinition.taskRole;
    this.#container = service.taskDefinition.defaultContainer!;

    this.targetGroup = new ApplicationTargetGroup(this, 'TargetGroup', {
      vpc: cluster.vpc,
      port: containerPort,
      protocol: ApplicationProtocol.HTTP,
      targets: [service],
      healthCheck: {
        path: '/api/health',
        interval: Duration.seconds(30),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
      loadBalancingAlgorithmType: algorithms[tasks.algorithm],
      enableAnomalyMitigation: tasks.algorithm === 'weighted_random' ? true : undefined,
      stickinessCookieDuration: tasks.stickinessSeconds ? Duration.seconds(tasks.stickinessSeconds) : undefined,
      deregistrationDelay: Duration.seconds(tasks.deregistrationSeconds),
    });
    props.gateway.route(name, props.paths, this.targetGroup);

    const scaling = service.autoScaleTaskCount({ minCapacity: tasks.min, maxCapacity: tasks.max });
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
  }

  addEnvironment(name: string, value: string): void {
    this.#container.addEnvironment(name, value);
  }

  addSecret(name: string, secret: Secret): void {
    this.#container.addSecret(name, secret);
  }
}

const algorithms = {
  round_robin: TargetGroupLoadBalancingAlgorithmType.ROUND_ROBIN,
  least_outstanding_requests: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
  weighted_random: TargetGroupLoadBalancingAlgorithmType.WEIGHTED_RANDOM,
} satisfies Record<Tasks['algorithm'], TargetGroupLoadBalancingAlgorithmType>;
