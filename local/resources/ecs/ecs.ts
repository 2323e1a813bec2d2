import type { Host } from '../../host/host.ts';
import type { FetchSecret } from '../../kernel/assembly/dynamic-references.ts';
import { Handles } from '../../kernel/handles.ts';
import { declareOnly, type Definition } from '../../kernel/resource.ts';
import { cluster } from './cluster.ts';
import { createContainerLauncher } from './scheduler/container-launcher.ts';
import { createProcessLauncher, listenOnLoopback } from './scheduler/process-launcher.ts';
import type { TargetGroup } from './scheduler/revision.ts';
import type { Service } from './scheduler/service.ts';
import { service } from './service.ts';
import { taskDefinition, type TaskDefinition } from './task-definition.ts';

export interface EcsOptions {
  readonly host: Host;
  readonly fetchSecret: FetchSecret;
  /** By ARN. */
  readonly targetGroups: Pick<Handles<TargetGroup>, 'get'>;
}

/** Services whose tasks are processes of the directories that their images are built from, or containers of the images. */
export function ecs({ host, fetchSecret, targetGroups }: EcsOptions) {
  const taskDefinitions = new Handles<TaskDefinition>('task definition');
  /** By the id that Application Auto Scaling has for a service: `service/CLUSTER/NAME`. */
  const services = new Handles<Service>('service');
  const processes = createProcessLauncher(host.children);
  const launcher = host.containers
    ? createContainerLauncher({ processes, stateDir: host.stateDir, files: [host.tls.caFile, listenOnLoopback] })
    : processes;
  const definitions: readonly Definition[] = [
    cluster(host),
    taskDefinition({ host, fetchSecret, taskDefinitions }),
    service({ host, launcher, taskDefinitions, targetGroups, services }),
    declareOnly('AWS::ECS::CapacityProvider', 'ecs:capacity-provider', placement),
    declareOnly('AWS::ECS::ClusterCapacityProviderAssociations', 'ecs:cluster', placement),
  ];
  return { definitions, services };
}

const placement = 'Every task runs on the one machine.';
