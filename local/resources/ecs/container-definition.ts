import { Type, type Static } from 'typebox';

import { closed, ignored } from '../../kernel/schema.ts';

const words = Type.Optional(Type.Array(Type.String(), { minItems: 1 }));

/** A container of a task definition. Times are in seconds, as in CloudFormation. */
export const containerDefinition = Type.Object(
  {
    Name: Type.String(),
    Image: Type.String(),
    EntryPoint: words,
    Command: words,
    WorkingDirectory: Type.Optional(Type.String()),
    Environment: Type.Array(Type.Object({ Name: Type.String(), Value: Type.String() }, closed), { default: [] }),
    Secrets: Type.Array(Type.Object({ Name: Type.String(), ValueFrom: Type.String() }, closed), { default: [] }),
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
        closed,
      ),
    ),
    Essential: Type.Optional(Type.Literal(true)),
    ...ignored(
      'A process shares the processors and the memory of the machine.',
      'Cpu Memory MemoryReservation Ulimits',
    ),
    ...ignored(
      'A process has the file system and the rights of the user who started it.',
      'LinuxParameters Privileged User',
    ),
    /** Honoured by containers. A process has the file system of the user who started it. */
    ReadonlyRootFilesystem: Type.Boolean({ default: false }),
    ...ignored('A task listens on the port in its variable PORT.', 'PortMappings'),
    ...ignored('Logs are files in .headroom/logs.', 'LogConfiguration'),
    ...ignored('The service replaces a task that ends.', 'RestartPolicy'),
    ...ignored('Tasks run the asset of the cloud assembly.', 'VersionConsistency'),
    ...ignored('Labels do not change what runs.', 'DockerLabels'),
  },
  closed,
);

export type ContainerDefinition = Static<typeof containerDefinition>;
