import { RetentionDays } from 'aws-cdk-lib/aws-logs';

import type { EnvironmentProps, TaskProps } from './environment-props.ts';
import type { ShapeOf } from './shape.ts';

const tasks: ShapeOf<TaskProps> = {
  keys: {
    min: 'number',
    max: 'number',
    cpu: 'number',
    memoryMiB: 'number',
    requestsPerMinute: 'number',
    cpuPercent: 'number',
    backlogPerTask: 'number',
    algorithm: { oneOf: ['round_robin', 'least_outstanding_requests', 'weighted_random'] },
    stickinessSeconds: 'number',
    deregistrationSeconds: 'number',
    p99Ms: 'number',
  },
};

/** The keys and types of EnvironmentProps. */
export const environmentShape: ShapeOf<EnvironmentProps> = {
  required: { mailFrom: 'the address that mail is sent from' },
  keys: {
    mailFrom: 'string',
    domain: {
      required: {
        names: 'the names under which people open the system',
        certificateArn: 'the ARN of their certificate',
      },
      keys: { names: { listOf: 'string' }, certificateArn: 'string' },
    },
    siteUrl: 'string',
    account: 'string',
    region: 'string',
    availabilityZones: { listOf: 'string' },
    cidr: 'string',
    nat: { oneOf: ['none', 'instance', 'one', 'per-az'] },
    endpoints: 'boolean',
    cloudFrontPrefixList: 'string',
    s3PrefixList: 'string',
    protect: 'boolean',
    logRetention: { oneOf: Object.values(RetentionDays).filter((days) => typeof days === 'number') },
    sandbox: 'boolean',
    paymentProviderUrl: 'string',
    paymentProviderSecretArn: 'string',
    demoCatalogue: 'boolean',
    telemetry: {
      required: { otlpEndpoint: 'the base URL of an OTLP receiver' },
      keys: { otlpEndpoint: 'string', otlpHeadersSecretArn: 'string', tracesPercent: 'number' },
    },
    database: {
      keys: {
        instanceType: 'string',
        poolSize: 'number',
        maxConnections: 'number',
        proxy: 'boolean',
        multiAz: 'boolean',
        replicas: 'number',
        storageGiB: 'number',
        maxStorageGiB: 'number',
        backupDays: 'number',
        restoreFrom: 'string',
      },
    },
    redis: { keys: { nodeType: 'string', multiAz: 'boolean' } },
    alarms: {
      keys: {
        critical: { listOf: 'string' },
        warning: { listOf: 'string' },
        availabilityPercent: 'number',
        runbook: 'string',
      },
    },
    uploadOrigins: { listOf: 'string' },
    tasks,
    services: { mapOf: tasks },
  },
};
