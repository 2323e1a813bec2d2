import { RetentionDays } from 'aws-cdk-lib/aws-logs';

import type { EnvironmentProps } from './environment-props.ts';

/** Every deployment of the system. Edit here; `npm run cdk -- deploy '<name>/*'` deploys one. */
export const environments: Readonly<Record<string, EnvironmentProps>> = {
  dev: {
    mailFrom: 'orders@dev.example.com',
    // Saves $123 a month, and lets every task connect to any address on port 443.
    endpoints: false,
    cidr: '10.1.0.0/16',
    nat: 'instance',
    protect: false,
    sandbox: true,
    demoCatalogue: true,
    logRetention: RetentionDays.ONE_WEEK,
    // A micro instance has memory for 84 connections.
    database: { instanceType: 't4g.micro', maxConnections: 80, maxStorageGiB: 50, backupDays: 1 },
    tasks: { max: 2 },
    services: { orders: { max: 3 }, mailer: { min: 1, max: 2 }, imager: { min: 1, max: 2 } },
  },
  staging: {
    mailFrom: 'orders@staging.example.com',
    cidr: '10.2.0.0/16',
    sandbox: true,
    demoCatalogue: true,
  },
  prod: {
    // Pins the account: the CDK CLI then refuses credentials of another one. Give the 12 digits of yours.
    // account: '111122223333',
    mailFrom: 'orders@example.com',
    cidr: '10.0.0.0/16',
    availabilityZones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
    nat: 'per-az',
    logRetention: RetentionDays.THREE_MONTHS,
    // Placeholders: no payment provider has this address, and no account has this secret.
    paymentProviderUrl: 'https://payments.example.com',
    paymentProviderSecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:payment-provider-AbCdEf',
    database: {
      instanceType: 'm7g.large',
      maxConnections: 850,
      poolSize: 2,
      multiAz: true,
      replicas: 2,
      storageGiB: 100,
      maxStorageGiB: 1000,
      backupDays: 30,
    },
    redis: { nodeType: 'm7g.large', multiAz: true },
    tasks: { min: 3, max: 30, cpu: 1024, memoryMiB: 2048, requestsPerMinute: 12_000 },
    // A burst of uploads needs many tasks for minutes, and nothing else needs more meanwhile.
    services: { mailer: { max: 10 }, images: { max: 20 }, imager: { max: 50 } },
  },
  // Only `npm start`, and the CDK CLI with `-c env=local`, synthesize this one.
  local: {
    mailFrom: 'orders@local.example.com',
    cidr: '10.3.0.0/16',
    protect: false,
    sandbox: true,
    demoCatalogue: true,
    logRetention: RetentionDays.ONE_DAY,
  },
};
