import { join } from 'node:path';

import { Type, type Static } from 'typebox';

import type { Host } from '../../host/host.ts';
import type { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { action, defineResource, type Resource, type Running } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import type { StatusSections } from '../../status.ts';
import { readableName } from '../readable-name.ts';
import { arnOf } from '../arn.ts';
import { deploymentConfiguration, deploymentSettings } from './deployment-configuration.ts';
import type { Revision, TargetGroup } from './scheduler/revision.ts';
import { createService, type Service } from './scheduler/service.ts';
import type { TaskLauncher } from './scheduler/task-launcher.ts';
import type { TaskDefinition } from './task-definition.ts';

const placement = 'Every task runs on the one machine.';
const number = Type.Optional(Type.Integer({ minimum: 0 }));

const properties = Type.Object({
  ServiceName: Type.Optional(Type.String()),
  Cluster: Type.String({ default: 'default' }),
  TaskDefinition: Type.String(),
  DesiredCount: number,
  HealthCheckGracePeriodSeconds: number,
  LoadBalancers: Type.Array(
    Type.Object(
      {
        TargetGroupArn: Type.String(),
        ...ignored('A task has one container, with one port.', 'ContainerName ContainerPort'),
      },
      closed,
    ),
    { default: [] },
  ),
  DeploymentConfiguration: deploymentConfiguration,
  DeploymentController: Type.Optional(Type.Object({ Type: Type.Optional(Type.Literal('ECS')) }, closed)),
  SchedulingStrategy: Type.Optional(Type.Literal('REPLICA')),
  ...ignored(
    placement,
    `AvailabilityZoneRebalancing CapacityProviderStrategy LaunchType NetworkConfiguration PlacementConstraints
    PlacementStrategies PlatformVersion`,
  ),
  ...ignored('The AWS endpoint of a laptop checks no permissions.', 'Role'),
  ...ignored('Tasks on a laptop offer no shell.', 'EnableExecuteCommand'),
  ...ignored('Tags do not change what runs.', 'EnableECSManagedTags PropagateTags Tags'),
});

type ServiceResource = Resource<Static<typeof properties>>;

export interface ServiceOptions {
  readonly host: Pick<Host, 'region' | 'accountId' | 'stateDir' | 'log'>;
  readonly launcher: TaskLauncher;
  readonly taskDefinitions: Pick<Handles<TaskDefinition>, 'get'>;
  readonly targetGroups: Pick<Handles<TargetGroup>, 'get'>;
  readonly services: Handles<Service>;
}

export function service({ host, launcher, taskDefinitions, targetGroups, services }: ServiceOptions) {
  return defineResource('AWS::ECS::Service', {
    properties,
    replaceOn: ['Cluster', 'ServiceName'],
    label: nameOf,
    async up(resource, context) {
      const name = nameOf(resource);
      const revision = revisionOf(resource);
      const created = createService({
        name,
        launcher,
        revision,
        desired: resource.properties.DesiredCount ?? 1,
        settings: settingsOf(resource),
        report: context,
        logFile: join(host.stateDir, 'logs', `${name}.log`),
      });
      services.set(idOf(resource), created);
      if (revision.targetGroups.length === 0 && revision.healthCheck === undefined) {
        context.note(`${name} has neither a target group nor a health check: each task that runs counts as healthy`);
      }
      return running(resource, created);
    },
    async update({ resource: previous }, next) {
      const current = services.get(idOf(next));
      const { DesiredCount } = next.properties;
      current.configure(settingsOf(next));
      // A count that the template states undoes what scaling has done, as on AWS, but only when it has changed.
      if (DesiredCount !== undefined && DesiredCount !== previous.properties.DesiredCount) current.scale(DesiredCount);
      current.deploy(revisionOf(next));
      return running(next, current);
    },
  });

  function revisionOf(resource: ServiceResource): Revision {
    const { TaskDefinition: arn, LoadBalancers } = resource.properties;
    const definition = taskDefinitions.get(arn);
    return {
      ...definition,
      launch: { ...definition.launch, log: host.log(nameOf(resource)) },
      targetGroups: LoadBalancers.map(({ TargetGroupArn }) => targetGroups.get(TargetGroupArn)),
    };
  }

  function running(resource: ServiceResource, current: Service): Running {
    const id = idOf(resource);
    const ref = arnOf(host, 'ecs', id);
    return {
      ref,
      attributes: { Name: current.name, ServiceArn: ref },
      steady: () => current.steady(),
      detail: () => `${current.desired()} tasks`,
      describe: (): Pick<StatusSections, 'services'> => ({
        services: [{ key: resource.key, name: current.name, ...current.status() }],
      }),
      actions: {
        kill: action(Type.Object({ task: Type.String() }, closed), ({ task }) => kill(current, task)),
        restart: action(Type.Object({}, closed), () => current.restart()),
      },
      async stop() {
        await current.stop();
        services.delete(id);
      },
    };
  }
}

/** The name in the template, or one generated from stack and logical id, similar to CloudFormation's. */
const nameOf = ({ stack, logicalId, properties: { ServiceName } }: ServiceResource): string =>
  ServiceName ?? readableName(`${stack}-${logicalId}`);

const idOf = (resource: ServiceResource): string => `service/${resource.properties.Cluster}/${nameOf(resource)}`;

const settingsOf = ({ properties: { DeploymentConfiguration, HealthCheckGracePeriodSeconds = 0 } }: ServiceResource) =>
  deploymentSettings(DeploymentConfiguration, HealthCheckGracePeriodSeconds * 1000);

function kill(current: Service, task: string): void {
  if (current.kill(task)) return;
  const ids = current.status().tasks.map(({ id }) => id);
  throw new Refusal(`${current.name} has no task ${task}. Its tasks: ${ids.join(', ') || 'none'}.`);
}
