import { RetentionDays } from 'aws-cdk-lib/aws-logs';

import type { DatabaseProps, EnvironmentProps, RedisProps, TaskProps } from './environment-props.ts';

/** TaskProps with nothing left out. */
export type Tasks = Required<Omit<TaskProps, 'stickinessSeconds'>> & Pick<TaskProps, 'stickinessSeconds'>;

type Optional = 'account' | 'paymentProviderUrl' | 'cloudFrontPrefixList';

/** EnvironmentProps with the defaults filled in: what constructs and stacks read. */
export interface Environment
  extends Required<Omit<EnvironmentProps, Optional | 'tasks'>>, Pick<EnvironmentProps, Optional> {
  readonly name: string;
  readonly database: Required<DatabaseProps>;
  readonly redis: Required<RedisProps>;
  readonly tasks: Tasks;
}

const tasks: Tasks = {
  min: 2,
  max: 10,
  cpu: 256,
  memoryMiB: 512,
  requestsPerMinute: 3000,
  cpuPercent: 60,
  backlogPerTask: 100,
  algorithm: 'round_robin',
  deregistrationSeconds: 30,
};

/** Fills in every default that EnvironmentProps documents. */
export function withDefaults(name: string, props: EnvironmentProps): Environment {
  const region = props.region ?? 'eu-central-1';
  return {
    nat: 'one',
    cidr: '10.0.0.0/16',
    availabilityZones: [`${region}a`, `${region}b`],
    protect: true,
    logRetention: RetentionDays.ONE_MONTH,
    sandbox: false,
    demoCatalogue: false,
    uploadOrigins: [],
    services: {},
    ...props,
    name,
    region,
    tasks: { ...tasks, ...props.tasks },
    redis: { nodeType: 't4g.micro', multiAz: false, ...props.redis },
    database: {
      instanceType: 't4g.medium',
      multiAz: false,
      replicas: 1,
      storageGiB: 20,
      maxStorageGiB: 200,
      backupDays: 7,
      ...props.database,
    },
  };
}

/** What holds for one service or worker: its own settings over those of the environment. */
export const tasksOf = (environment: Environment, name: string): Tasks => ({
  ...environment.tasks,
  ...environment.services[name],
});
