import { join } from 'node:path';

import { Type, type Static } from 'typebox';
import type { Driver, Identity, Resource, Runtime } from '../../kernel/driver.ts';
import { readSecret } from '../../kernel/assembly/dynamic-references.ts';
import { platformEnvironment } from '../platform-environment.ts';
import { createSecretFetcher } from '../secretsmanager/secret-fetcher.ts';
import { supervise, type Supervisor } from './supervisor.ts';
import type { Targets, TaskDefinition } from './task.ts';
import { accept } from '../../kernel/accept.ts';
import { notRun } from '../aws.ts';

declare module '../../kernel/driver.ts' {
  interface PartTypes {
    'task-definition': Container;
    /** By the id that Application Auto Scaling has for it: `service/CLUSTER/NAME`. */
    service: Supervisor;
  }
}

const only = { additionalProperties: false };
const text = Type.Optional(Type.String());
const number = Type.Optional(Type.Number());
const unused = Type.Optional(Type.Unknown());

/** Times in seconds, as CloudFormation states them. */
const containerDefinition = Type.Object(
  {
    Name: Type.String(),
    Image: Type.String(),
    Command: Type.Array(Type.String(), { minItems: 1 }),
    Environment: Type.Array(Type.Object({ Name: Type.String(), Value: Type.String() }), { default: [] }),
    Secrets: Type.Array(Type.Object({ Name: Type.String(), ValueFrom: Type.String() }), { default: [] }),
    StopTimeout: Type.Number({ default: 30 }),
    HealthCheck: Type.Optional(
      Type.Object(
        {
          Command: Type.Array(Type.String()),
          Interval: Type.Number({ default: 30 }),
          Timeout: Type.Number({ default: 5 }),
          Retries: Type.Number({ default: 3 }),
          StartPeriod: Type.Number({ default: 0 }),
        },
        only,
      ),
    ),
    Essential: Type.Optional(Type.Literal(true)),
    // A process has the file system, the ports and the shares of the machine it runs on, and its log is a file.
    ...notRun(
      `Cpu DockerLabels LinuxParameters LogConfiguration Memory MemoryReservation PortMappings Privileged
      ReadonlyRootFilesystem RestartPolicy Ulimits User VersionConsistency`,
    ),
  },
  only,
);
type Container = Static<typeof containerDefinition>;

const taskDefinitionProperties = Type.Object(
  {
    Family: text,
    // A laptop runs tasks of one container.
    ContainerDefinitions: Type.Array(containerDefinition, { minItems: 1, maxItems: 1 }),
    ...notRun(
      `Cpu EnableFaultInjection EphemeralStorage ExecutionRoleArn Memory NetworkMode RequiresCompatibilities
      RuntimePlatform Tags TaskRoleArn`,
    ),
  },
  only,
);

const serviceProperties = Type.Object(
  {
    ServiceName: text,
    TaskDefinition: Type.String(),
    Cluster: Type.String(),
    DesiredCount: number,
    HealthCheckGracePeriodSeconds: number,
    LoadBalancers: Type.Array(Type.Object({ TargetGroupArn: Type.String() }), { default: [] }),
    SchedulingStrategy: Type.Optional(Type.Literal('REPLICA')),
    // Where tasks are placed and how one version follows another: a laptop is one machine, and starts anew.
    ...notRun(
      `AvailabilityZoneRebalancing CapacityProviderStrategy DeploymentConfiguration DeploymentController
      EnableECSManagedTags EnableExecuteCommand LaunchType NetworkConfiguration PlacementConstraints
      PlacementStrategies PlatformVersion PropagateTags Tags`,
    ),
  },
  only,
);

const clusterProperties = Type.Object(
  { ClusterName: text, ClusterSettings: unused, Configuration: unused, CapacityProviders: unused, Tags: unused },
  only,
);

/** Services run as processes of the directory their image is built from. */
export const ecs: Driver = {
  types: ['AWS::ECS::Cluster', 'AWS::ECS::TaskDefinition', 'AWS::ECS::Service'],
  async up(resource, runtime) {
    if (resource.type === 'AWS::ECS::Cluster') return cluster(resource, runtime);
    if (resource.type === 'AWS::ECS::TaskDefinition') return taskDefinition(resource, runtime);
    return runService(resource, runtime);
  },
};

const arnOf = (runtime: Runtime, name: string): string => `arn:aws:ecs:${runtime.region}:${runtime.accountId}:${name}`;

function cluster(resource: Resource, runtime: Runtime): Identity {
  const { ClusterName: name = resource.logicalId } = accept(resource, clusterProperties, resource.properties);
  return { ref: name, attributes: { Arn: arnOf(runtime, `cluster/${name}`) } };
}

function taskDefinition(resource: Resource, runtime: Runtime): Identity {
  const { Family: family = resource.logicalId, ContainerDefinitions } = accept(
    resource,
    taskDefinitionProperties,
    resource.properties,
  );
  const ref = arnOf(runtime, `task-definition/${family}:1`);
  runtime.parts.set('task-definition', ref, ContainerDefinitions[0]!);
  return { ref, attributes: { TaskDefinitionArn: ref } };
}

async function runService(resource: Resource, runtime: Runtime): Promise<Identity> {
  const properties = accept(resource, serviceProperties, resource.properties);
  const definition = runtime.parts.get('task-definition', properties.TaskDefinition);
  const name = properties.ServiceName ?? definition.Name;
  const targets = properties.LoadBalancers.map(({ TargetGroupArn }) =>
    runtime.parts.get('target-group', TargetGroupArn),
  );
  runtime.report.starting(name);
  const supervisor = supervise({
    definition: definitionOf(name, definition, targets, runtime),
    desired: properties.DesiredCount ?? 1,
    healthGraceMs: (properties.HealthCheckGracePeriodSeconds ?? 0) * 1000,
    report: runtime.report,
    logFile: join(runtime.stateDir, 'logs', `${name}.log`),
  });
  const id = `service/${properties.Cluster}/${name}`;
  runtime.parts.set('service', id, supervisor);
  runtime.status.add('services', async () => [supervisor.status()]);
  const ref = arnOf(runtime, id);
  return {
    ref,
    attributes: { Name: name, ServiceArn: ref },
    label: name,
    async steady() {
      await supervisor.steady();
      runtime.report.ready(name, `${supervisor.status().desired} tasks`);
    },
    stop: () => supervisor.stop(),
  };
}

function definitionOf(
  service: string,
  container: Container,
  targets: readonly Targets[],
  runtime: Runtime,
): TaskDefinition {
  const fetchSecret = createSecretFetcher(runtime);
  const secret = async ({ Name, ValueFrom }: { Name: string; ValueFrom: string }): Promise<[string, string]> => [
    Name,
    await readSecret(ValueFrom, fetchSecret),
  ];
  const check = container.HealthCheck;
  return {
    service,
    command: container.Command,
    directory: runtime.assets.image(container.Image),
    environment: async () => ({
      ...platformEnvironment(runtime),
      ...Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value])),
      ...Object.fromEntries(await Promise.all(container.Secrets.map(secret))),
    }),
    targets,
    healthCheck: check && {
      command: check.Command,
      intervalMs: check.Interval * 1000,
      timeoutMs: check.Timeout * 1000,
      retries: check.Retries,
      startPeriodMs: check.StartPeriod * 1000,
    },
    stopTimeoutMs: container.StopTimeout * 1000,
    log: runtime.log(service),
    children: runtime.children,
  };
}
