import { join } from 'node:path';

import type { Driver, Identity, Resource, Runtime } from '../driver.ts';
import { readSecret } from '../assembly/dynamic-references.ts';
import { platformEnvironment } from '../tasks/platform-environment.ts';
import { createSecretFetcher } from '../secret-fetcher.ts';
import { supervise, type Supervisor } from '../tasks/supervisor.ts';
import type { Targets, TaskDefinition } from '../tasks/task.ts';

declare module '../driver.ts' {
  interface PartTypes {
    'task-definition': Container;
    /** By the id that Application Auto Scaling has for it: `service/CLUSTER/NAME`. */
    service: Supervisor;
  }
}

/** What is read of a container definition; times in seconds, as CloudFormation states them. */
interface Container {
  readonly Name: string;
  readonly Image: string;
  readonly Command?: readonly string[];
  readonly Environment?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Secrets?: readonly { readonly Name: string; readonly ValueFrom: string }[];
  readonly StopTimeout?: number;
  readonly HealthCheck?: {
    readonly Command: readonly string[];
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly Retries?: number;
    readonly StartPeriod?: number;
  };
}

interface ServiceProperties {
  readonly ServiceName?: string;
  readonly TaskDefinition: string;
  readonly Cluster: string;
  readonly DesiredCount?: number;
  readonly HealthCheckGracePeriodSeconds?: number;
  readonly LoadBalancers?: readonly { readonly TargetGroupArn: string }[];
}

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

function cluster({ logicalId, properties }: Resource, runtime: Runtime): Identity {
  const name = (properties['ClusterName'] as string | undefined) ?? logicalId;
  return { ref: name, attributes: { Arn: arnOf(runtime, `cluster/${name}`) } };
}

function taskDefinition({ logicalId, properties }: Resource, runtime: Runtime): Identity {
  const [container, ...others] = properties['ContainerDefinitions'] as readonly Container[];
  if (container === undefined || others.length > 0) {
    throw new Error(`it has ${others.length + (container ? 1 : 0)} containers; a laptop runs tasks of one`);
  }
  const family = (properties['Family'] as string | undefined) ?? logicalId;
  const ref = arnOf(runtime, `task-definition/${family}:1`);
  runtime.parts.set('task-definition', ref, container);
  return { ref, attributes: { TaskDefinitionArn: ref } };
}

async function runService(resource: Resource, runtime: Runtime): Promise<Identity> {
  const properties = resource.properties as unknown as ServiceProperties;
  const container = runtime.parts.get('task-definition', properties.TaskDefinition);
  const name = properties.ServiceName ?? container.Name;
  const targets = (properties.LoadBalancers ?? []).map(({ TargetGroupArn }) =>
    runtime.parts.get('target-group', TargetGroupArn),
  );
  runtime.report.starting(name);
  const supervisor = supervise({
    definition: definitionOf(name, container, targets, runtime),
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
  if (container.Command === undefined) throw new Error(`container ${container.Name} of ${service} states no command`);
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
      ...Object.fromEntries((container.Environment ?? []).map(({ Name, Value }) => [Name, Value])),
      ...Object.fromEntries(await Promise.all((container.Secrets ?? []).map(secret))),
    }),
    targets,
    healthCheck: check && {
      command: check.Command,
      intervalMs: (check.Interval ?? 30) * 1000,
      timeoutMs: (check.Timeout ?? 5) * 1000,
      retries: check.Retries ?? 3,
      startPeriodMs: (check.StartPeriod ?? 0) * 1000,
    },
    stopTimeoutMs: (container.StopTimeout ?? 30) * 1000,
    log: runtime.log(service),
    children: runtime.children,
  };
}
