import { definitionsFor } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';
import { cloudFrontPrefixLists } from './cloudfront-prefix-lists.ts';
import { tasksOf } from './environment.ts';
import type { Environment } from './environment.ts';

/** What is wrong with an environment. */
export function environmentFaults(environment: Environment, system: readonly ServiceDefinition[]): string[] {
  return [
    ...placeFaults(environment),
    ...paymentFaults(environment),
    ...databaseFaults(environment),
    ...definitionsFor(system, environment).flatMap((row) => Array.from(taskFaults(environment, row))),
    ...Object.keys(environment.services)
      .filter((name) => !definitionsFor(system, environment).some((row) => row.name === name))
      .map(
        (name) =>
          `services.${name} is set, but there is no ${name} here: ${named(definitionsFor(system, environment))}`,
      ),
  ];
}

function* placeFaults(environment: Environment): Generator<string> {
  const { name, account, region, availabilityZones: zones, cidr, mailFrom, cloudFrontPrefixList } = environment;
  if (!/^[a-z][a-z0-9]{0,19}$/.test(name))
    yield `"${name}" cannot name an environment: up to 20 lower-case letters and digits`;
  if (account !== undefined && !/^\d{12}$/.test(account)) yield `account is "${account}", not 12 digits`;
  if (zones.length < 2 || zones.length > 3) yield `availabilityZones are ${zones.length}: give two or three`;
  if (new Set(zones).size < zones.length) yield `availabilityZones name a zone twice: ${zones.join(', ')}`;
  for (const zone of zones) {
    if (!zone.startsWith(region) || zone.length !== region.length + 1)
      yield `availability zone "${zone}" is not in ${region}`;
  }
  if (!/^(10|172\.(1[6-9]|2\d|3[01])|192\.168)\.[\d.]+\/1[6-8]$/.test(cidr)) {
    yield `cidr is "${cidr}": give a private range of /16 to /18, which three zones need`;
  }
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(mailFrom)) yield `mailFrom is "${mailFrom}", not an e-mail address`;
  if (!cloudFrontPrefixList && !cloudFrontPrefixLists[region]) {
    yield `the CloudFront prefix list of ${region} is not known: set cloudFrontPrefixList`;
  }
  for (const origin of environment.uploadOrigins) {
    if (!/^https?:\/\/[^/*]+$/.test(origin))
      yield `uploadOrigins has "${origin}", not an origin such as https://shop.example.com`;
  }
}

function* paymentFaults({ sandbox, paymentProviderUrl: url, nat }: Environment): Generator<string> {
  if (sandbox && url) yield `both sandbox and paymentProviderUrl (${url}) are set: payments go to one of them`;
  if (!sandbox && !url) yield 'there is no payment provider: set paymentProviderUrl, or sandbox';
  if (url && !(URL.canParse(url) && url.startsWith('https://')))
    yield `paymentProviderUrl is "${url}", not an https URL`;
  else if (url && new URL(url).port) yield `paymentProviderUrl is "${url}", but tasks reach port 443 only`;
  if (url && nat === 'none') yield `nat is none, so tasks cannot reach ${url}: choose instance, one or per-az`;
}

function* databaseFaults({ database, redis }: Environment): Generator<string> {
  const { replicas, storageGiB, maxStorageGiB, backupDays } = database;
  if (!isBetween(replicas, 0, 15)) yield `database.replicas is ${replicas}, RDS takes 0 to 15`;
  if (!isBetween(backupDays, 0, 35)) yield `database.backupDays is ${backupDays}, RDS takes 0 to 35`;
  if (replicas > 0 && backupDays === 0)
    yield `database.backupDays is 0, but ${replicas} replicas need backups: set at least 1`;
  if (!isBetween(storageGiB, 20, 65_536)) yield `database.storageGiB is ${storageGiB}, RDS takes 20 to 65536`;
  // RDS refuses a ceiling that leaves less than a tenth to grow.
  if (maxStorageGiB < storageGiB * 1.1) {
    yield `database.maxStorageGiB is ${maxStorageGiB}, which leaves ${storageGiB} no room: at least ${Math.ceil(storageGiB * 1.1)}`;
  }
  for (const [what, type] of Object.entries({
    'database.instanceType': database.instanceType,
    'redis.nodeType': redis.nodeType,
  })) {
    if (!/^[a-z]\w+\.\w+$/.test(type)) yield `${what} is "${type}", not a type such as t4g.medium`;
  }
}

/** MiB that Fargate takes for each number of CPU units: from, to and in steps of. */
const memoryFor: Readonly<Record<number, readonly [number, number, number]>> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
};

function* taskFaults(environment: Environment, { kind, name }: ServiceDefinition): Generator<string> {
  const tasks = tasksOf(environment, name);
  const { min, max, cpu, memoryMiB, stickinessSeconds } = tasks;
  const fewest = kind === 'service' ? 2 : 1;
  if (!isBetween(min, fewest, Infinity)) yield `${name}: min is ${min}, a ${kind} needs at least ${fewest}`;
  if (min > max) yield `${name}: scaling has min ${min} above max ${max}`;
  if (!isBetween(max, 1, 5000)) yield `${name}: max is ${max}, ECS takes 1 to 5000`;
  const memory = memoryFor[cpu];
  if (!memory) yield `${name}: cpu is ${cpu}, give one of ${Object.keys(memoryFor).join(', ')}`;
  else if (!isBetween(memoryMiB, memory[0], memory[1]) || memoryMiB % memory[2] !== 0) {
    yield `${name}: memoryMiB is ${memoryMiB}, for ${cpu} CPU units Fargate takes ${memory[0]} to ${memory[1]} in steps of ${memory[2]}`;
  }
  if (!isBetween(tasks.cpuPercent, 1, 100)) yield `${name}: cpuPercent is ${tasks.cpuPercent}, give 1 to 100`;
  if (!(tasks.requestsPerMinute > 0))
    yield `${name}: requestsPerMinute is ${tasks.requestsPerMinute}, give more than 0`;
  if (!(tasks.backlogPerTask > 0)) yield `${name}: backlogPerTask is ${tasks.backlogPerTask}, give more than 0`;
  if (!isBetween(tasks.deregistrationSeconds, 0, 3600)) {
    yield `${name}: deregistrationSeconds is ${tasks.deregistrationSeconds}, ALB takes 0 to 3600`;
  }
  if (stickinessSeconds !== undefined && !isBetween(stickinessSeconds, 1, 604_800)) {
    yield `${name}: stickinessSeconds is ${stickinessSeconds}, ALB takes 1 to 604800 (leave it out for none)`;
  }
}

const isBetween = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

const named = (rows: readonly ServiceDefinition[]): string => `it has ${rows.map(({ name }) => name).join(', ')}`;
