import { Duration, Size, Stack } from 'aws-cdk-lib/core';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Connections, IConnectable } from 'aws-cdk-lib/aws-ec2';
import {
  AvailabilityZoneRebalancing,
  AwsLogDriverMode,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import type { ContainerDefinition, ContainerImage, ICluster, Secret } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

import type { Tasks } from '../config/environment.ts';

/** The port every container listens on. */
export const containerPort = 3000;

export interface WorkloadProps {
  readonly cluster: ICluster;
  /** Name of the environment. */
  readonly environment: string;
  /** Name of the ECS service, its container and its log streams. */
  readonly name: string;
  readonly image: ContainerImage;
  readonly logGroup: ILogGroup;
  readonly tasks: Tasks;
}

/**
 * What HTTP services and workers share: a Graviton task that runs as an ECS service across the zones. Its security group
 * opens no path; without one to AWS APIs, no task starts.
 */
export abstract class Workload extends Construct implements IConnectable {
  readonly service: FargateService;
  readonly taskDefinition: FargateTaskDefinition;
  readonly container: ContainerDefinition;
  readonly connections: Connections;
  /** The role of the code in the container. */
  readonly role: IRole;

  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id);
    const { cluster, name, tasks } = props;
    this.taskDefinition = new FargateTaskDefinition(this, 'Task', {
      cpu: tasks.cpu,
      memoryLimitMiB: tasks.memoryMiB,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
    });
    this.role = this.taskDefinition.taskRole;
    this.container = this.#addContainer(props);

    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: cluster.vpc,
      description: `Tasks of ${name}`,
      allowAllOutbound: false,
    });
    this.service = new FargateService(this, 'Service', {
      cluster,
      serviceName: name,
      taskDefinition: this.taskDefinition,
      securityGroups: [securityGroup],
      vpcSubnets: { subnetGroupName: 'app' },
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
      circuitBreaker: { enable: true, rollback: true },
      // No desired count: each deployment would reset what scaling has set.
    });
    // The first tasks start with their security group rules and policies in place.
    this.service.node.addDependency(securityGroup, this.taskDefinition);
    this.connections = this.service.connections;
  }

  #addContainer({ environment, name, image, logGroup }: WorkloadProps): ContainerDefinition {
    return this.taskDefinition.addContainer(name, {
      image,
      command: ['node', 'main.js'],
      portMappings: [{ containerPort }],
      readonlyRootFilesystem: true,
      // Longer than a service takes to finish its requests after SIGTERM.
      stopTimeout: Duration.seconds(30),
      healthCheck: {
        command: ['CMD', 'node', 'health.js'],
        interval: Duration.seconds(30),
        // Node starts slowly in a busy task of 0.25 vCPU, and the check itself waits for 10 s.
        timeout: Duration.seconds(30),
        retries: 3,
        startPeriod: Duration.seconds(15),
      },
      // In non-blocking mode a CloudWatch outage does not block a process that writes to stdout.
      logging: LogDrivers.awsLogs({
        streamPrefix: name,
        logGroup,
        mode: AwsLogDriverMode.NON_BLOCKING,
        maxBufferSize: Size.mebibytes(25),
      }),
      environment: {
        ENVIRONMENT_NAME: environment,
        SERVICE_NAME: name,
        PORT: String(containerPort),
        AWS_REGION: Stack.of(this).region,
        LOG_LEVEL: 'info',
      },
    });
  }

  /** Adds environment variables to the container. */
  addEnvironment(variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) this.container.addEnvironment(name, value);
  }

  /** Adds environment variables whose values ECS reads from Secrets Manager when a task starts. */
  addSecrets(secrets: Readonly<Record<string, Secret>>): void {
    for (const [name, secret] of Object.entries(secrets)) this.container.addSecret(name, secret);
  }
}
