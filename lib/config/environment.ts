import { RetentionDays } from 'aws-cdk-lib/aws-logs';

import type {
  AlarmProps,
  DatabaseProps,
  EnvironmentProps,
  RedisProps,
  TaskProps,
  TelemetryProps,
} from './environment-props.ts';
import { regions } from './regions.ts';
import { isXRay } from './telemetry.ts';

/** TaskProps with the defaults filled in. */
export type Tasks = Required<Omit<TaskProps, 'stickinessSeconds'>> & Pick<TaskProps, 'stickinessSeconds'>;

type Optional =
  | 'account'
  | 'siteUrl'
  | 'domain'
  | 'paymentProviderUrl'
  | 'paymentProviderSecretArn'
  | 'cloudFrontPrefixList'
  | 's3PrefixList';

/** EnvironmentProps with the defaults filled in, which constructs and stacks read. */
export interface Environment
  extends Required<Omit<EnvironmentProps, Optional | 'tasks' | 'telemetry'>>, Pick<EnvironmentProps, Optional> {
  readonly name: string;
  readonly database: Required<Omit<DatabaseProps, 'restoreFrom'>> & Pick<DatabaseProps, 'restoreFrom'>;
  readonly redis: Required<RedisProps>;
  readonly tasks: Tasks;
  readonly telemetry?: TelemetryProps & { readonly tracesPercent: number };
  readonly alarms: Required<AlarmProps>;
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
  p99Ms: 1000,
};

/** Fills in every default that EnvironmentProps documents, also for keys that are undefined. */
export function withDefaults(name: string, props: EnvironmentProps): Environment {
  const { region = 'eu-central-1', endpoints = true } = props;
  const known = regions[region];
  const telemetry = props.telemetry && { tracesPercent: 100, ...defined(props.telemetry) };
  const leavesVpc = props.paymentProviderUrl !== undefined || (telemetry && !isXRay(telemetry));
  return {
    nat: endpoints && !leavesVpc ? 'none' : 'one',
    siteUrl: props.domain && `https://${props.domain.names[0]}`,
    cidr: '10.0.0.0/16',
    availabilityZones: known?.zones ?? [],
    cloudFrontPrefixList: known?.cloudFront,
    s3PrefixList: known?.s3,
    protect: true,
    logRetention: RetentionDays.ONE_MONTH,
    sandbox: false,
    demoCatalogue: false,
    uploadOrigins: props.domain?.names.map((host) => `https://${host}`) ?? [],
    services: {},
    ...defined(props),
    name,
    region,
    endpoints,
    telemetry,
    alarms: {
      critical: [],
      warning: [],
      availabilityPercent: 99.9,
      runbook: 'docs/runbook.md',
      ...defined(props.alarms),
    },
    tasks: { ...tasks, ...defined(props.tasks) },
    redis: { nodeType: 't4g.micro', multiAz: false, ...defined(props.redis) },
    database: {
      instanceType: 't4g.medium',
      poolSize: 2,
      maxConnections: 400,
      proxy: false,
      multiAz: false,
      replicas: 1,
      storageGiB: 20,
      maxStorageGiB: 200,
      backupDays: 7,
      ...defined(props.database),
    },
  };
}

/** Returns the settings of one service or worker: its own over those of the environment. */
export const tasksOf = (environment: Environment, name: string): Tasks => ({
  ...environment.tasks,
  ...defined(environment.services[name]),
});

const defined = <T extends object>(props?: T): T =>
  Object.fromEntries(Object.entries(props ?? {}).filter(([, value]) => value !== undefined)) as T;
