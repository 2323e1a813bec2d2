import { Duration, Size, Stack } from 'aws-cdk-lib';
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AvailabilityZoneRebalancing,
  AwsLogDriverMode,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import type { ContainerImage, ICluster } from 'aws-cdk-lib/aws-ecs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** The port every container listens on. */
export const containerPort = 3000;

export interface FargateTaskProps {
  readonly cluster: ICluster;
  /** Name of the service, its container and its log streams. */
  readonly name: string;
  readonly image: ContainerImage;
  readonly logGroup: ILogGroup;
  /** CPU units, 1024 being one vCPU. */
  readonly cpu: number;
  readonly memoryMiB: number;
}

/** What HTTP services and workers have in common: a Graviton task that runs as ECS service over the zones. */
export function fargateService(scope: Construct, props: FargateTaskProps): FargateService {
  const { cluster, name } = props;
  const taskDefinition = new FargateTaskDefinition(scope, 'Task', {
    cpu: props.cpu,
    memoryLimitMiB: props.memoryMiB,
    runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
  });
  taskDefinition.addContainer(name, {
    image: props.image,
    command: ['node', '--enable-source-maps', 'main.js'],
    portMappings: [{ containerPort }],
    readonlyRootFilesystem: true,
    // Longer than a service takes to finish its requests after SIGTERM.
    stopTimeout: Duration.seconds(30),
    healthCheck: {
      command: ['CMD', 'node', 'health.js'],
      interval: Duration.seconds(30),
      timeout: Duration.seconds(5),
      retries: 3,
      startPeriod: Duration.seconds(15),
    },
    // A CloudWatch outage must not stop a service that writes to stdout.
    logging: LogDrivers.awsLogs({
      streamPrefix: name,
      logGroup: props.logGroup,
      mode: AwsLogDriverMode.NON_BLOCKING,
      maxBufferSize: Size.mebibytes(25),
    }),
    environment: {
      SERVICE_NAME: name,
      PORT: String(containerPort),
      AWS_REGION: Stack.of(scope).region,
      LOG_LEVEL: 'info',
    },
  });

  const securityGroup = new SecurityGroup(scope, 'SecurityGroup', {
    vpc: cluster.vpc,
    description: `Tasks of ${name}`,
    allowAllOutbound: false,
  });
  const service = new FargateService(scope, 'Service', {
    cluster,
    serviceName: name,
    taskDefinition,
    securityGroups: [securityGroup],
    vpcSubnets: { subnetGroupName: 'app' },
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
    circuitBreaker: { enable: true, rollback: true },
    // No desired count: stating one would undo, with every deployment, what scaling has done.
  });
  // The first tasks find their ways open and their roles granted.
  service.node.addDependency(securityGroup, taskDefinition);
  service.connections.allowToAnyIpv4(Port.HTTPS, 'AWS APIs and payment provider');
  return service;
}
