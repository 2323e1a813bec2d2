import { Type } from 'typebox';

import type { Host } from '../../host/host.ts';
import { readSecret, type FetchSecret } from '../../kernel/assembly/dynamic-references.ts';
import type { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import { platformEnvironment, platformPath } from '../platform-environment.ts';
import { arnOf } from '../arn.ts';
import { containerDefinition, type ContainerDefinition } from './container-definition.ts';
import { buildImage } from './image/container-image.ts';
import { processImage } from './image/process-image.ts';
import type { Revision } from './scheduler/revision.ts';
import type { LaunchDefinition } from './scheduler/task-launcher.ts';

/** A revision of a task family, before a service has added its target groups and its log. */
export interface TaskDefinition extends Omit<Revision, 'launch' | 'targetGroups'> {
  readonly launch: Omit<LaunchDefinition, 'log'>;
}

interface TaskDefinitionOptions {
  readonly host: Host;
  readonly fetchSecret: FetchSecret;
  /** By ARN. */
  readonly taskDefinitions: Handles<TaskDefinition>;
}

/** Each change makes another revision of the family, and with it another ARN: services deploy it. */
export function taskDefinition({ host, fetchSecret, taskDefinitions }: TaskDefinitionOptions) {
  const revisions = new Map<string, number>();
  return defineResource('AWS::ECS::TaskDefinition', {
    properties: Type.Object({
      Family: Type.Optional(Type.String()),
      ContainerDefinitions: Type.Array(containerDefinition, {
        minItems: 1,
        maxItems: 1,
        remedy:
          'A task is one process on a laptop. Leave the other containers out where the app is synthesized for a ' +
          'laptop, or give them task definitions and services of their own.',
      }),
      ...ignored('A process shares the resources of the machine.', 'Cpu Memory EphemeralStorage RuntimePlatform'),
      ...ignored('Processes run on the one machine and its network.', 'NetworkMode RequiresCompatibilities'),
      ...ignored('The AWS endpoint of a laptop checks no permissions.', 'ExecutionRoleArn TaskRoleArn'),
      ...ignored('Nothing injects faults into the tasks of a laptop.', 'EnableFaultInjection'),
      ...ignored('Tags do not change what runs.', 'Tags'),
    }),
    replaceOn: ['Family', 'ContainerDefinitions'],
    async up({ logicalId, properties }, { note }) {
      const family = properties.Family ?? logicalId;
      const [container] = properties.ContainerDefinitions as [ContainerDefinition];
      const program = await readProgram(container, host);
      const name = `${family}:${(revisions.get(family) ?? 0) + 1}`;
      if (program.skipped.length > 0) note(skippedMessage(family, program.skipped));
      revisions.set(family, Number(name.split(':')[1]));
      const ref = arnOf(host, 'ecs', `task-definition/${name}`);
      taskDefinitions.set(ref, createTaskDefinition(name, container, program, { host, fetchSecret }));
      return { ref, attributes: { TaskDefinitionArn: ref }, stop: async () => taskDefinitions.delete(ref) };
    },
  });
}

/** What runs, as a process or as a container of its image. */
type Program = Pick<LaunchDefinition, 'command' | 'directory' | 'container'> & {
  readonly environment: Readonly<Record<string, string>>;
  /** Instructions of the Dockerfile that are not followed. */
  readonly skipped: readonly string[];
};

async function readProgram(definition: ContainerDefinition, { assets, containers }: Host): Promise<Program> {
  const { Image, EntryPoint, Command, WorkingDirectory, ReadonlyRootFilesystem } = definition;
  let asset;
  try {
    asset = assets.image(Image);
  } catch (error) {
    throw new Refusal(
      `The image ${Image} is no asset of the cloud assembly, and a laptop downloads no images: it runs a task as a process ` +
        'of the directory that its image is built from. Build the image from a Dockerfile of your app, with ' +
        'ContainerImage.fromAsset(directory), and synthesize the app again.',
      { cause: error },
    );
  }
  if (!containers) {
    const overrides = { entryPoint: EntryPoint, command: Command, workingDirectory: WorkingDirectory };
    return processImage(asset, overrides, platformPath);
  }
  const [entryPoint, ...first] = EntryPoint ?? [];
  return {
    command: [...first, ...(Command ?? [])],
    directory: asset.directory,
    container: {
      image: await buildImage(asset),
      options: [
        ...(ReadonlyRootFilesystem ? ['--read-only'] : []),
        ...(entryPoint === undefined ? [] : [`--entrypoint=${entryPoint}`]),
        ...(WorkingDirectory === undefined ? [] : [`--workdir=${WorkingDirectory}`]),
      ],
    },
    environment: {},
    skipped: [],
  };
}

const skippedMessage = (family: string, skipped: readonly string[]): string =>
  `tasks of ${family} run as processes in the directory that their image is built from, and these steps of its Dockerfile ` +
  `are skipped: ${skipped.join('; ')}. Have their results in that directory before the app is synthesized.`;

function createTaskDefinition(
  name: string,
  { Environment, Secrets, HealthCheck, StopTimeout }: ContainerDefinition,
  { command, directory, container, environment }: Program,
  { host, fetchSecret }: Pick<TaskDefinitionOptions, 'host' | 'fetchSecret'>,
): TaskDefinition {
  const stated = Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value]));
  return {
    name,
    launch: {
      command,
      directory,
      container,
      environment: async () => {
        const secrets = Secrets.map(async ({ Name, ValueFrom }) => [Name, await readSecret(ValueFrom, fetchSecret)]);
        return {
          ...platformEnvironment(host),
          ...environment,
          ...stated,
          ...(Object.fromEntries(await Promise.all(secrets)) as Record<string, string>),
        };
      },
    },
    healthCheck: HealthCheck && {
      command: HealthCheck.Command,
      intervalMs: HealthCheck.Interval * 1000,
      timeoutMs: HealthCheck.Timeout * 1000,
      retries: HealthCheck.Retries,
      startPeriodMs: HealthCheck.StartPeriod * 1000,
    },
    stopTimeoutMs: StopTimeout * 1000,
  };
}
