import { createHash } from 'node:crypto';

import { expect, test } from '@jest/globals';

import { definitionsFor, hasQueue, system, usesRedis } from '../../lib/system.ts';
import { environments, templateOf } from './environments.ts';
import { idsOf } from './synth.ts';

// Another logical id is another resource: CloudFormation creates an empty one and deletes the old one with its data.

const definitions = definitionsFor(system, environments.prod);

/**
 * Returns the logical id that CDK gives to a construct path within a stack: its names, and a hash of the path.
 * @see https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html#identifiers-logical-ids
 */
function logicalId(...path: string[]): string {
  const hash = createHash('md5')
    .update([...path, 'Resource'].join('/'))
    .digest('hex')
    .slice(0, 8)
    .toUpperCase();
  return path.map((name) => name.replaceAll(/[^A-Za-z0-9]/g, '')).join('') + hash;
}

test('databases, Redis, topics and queues of prod keep their logical ids', () => {
  const types = ['AWS::RDS::DBInstance', 'AWS::ElastiCache::ReplicationGroup', 'AWS::SNS::Topic', 'AWS::SQS::Queue'];
  expect(idsOf(templateOf('prod', 'Data'), ...types)).toEqual([
    'PostgresPrimaryE59F2C4B',
    'PostgresReplica1217B07FC',
    'PostgresReplica2A2F9C6A8',
    'RedisGroup88ACAA33',
    'CacheGroup065C0BC1',
    'EventsTopic97220A64',
    'MailFeedback5E557721',
    ...definitions
      .filter(hasQueue)
      .flatMap(({ name }) => ['DeadLetters', 'Queue'].map((queue) => logicalId(`Queue-${name}`, queue))),
  ]);
});

test('users of Redis keep their logical ids, since another resource of the same id cannot be created beside them', () => {
  expect(idsOf(templateOf('prod', 'Data'), 'AWS::ElastiCache::User', 'AWS::ElastiCache::UserGroup')).toEqual([
    'RedisUsersUserdefault1778678C',
    'RedisUsersUsercatalog9356D18C',
    'RedisUsersUserauthBCFA3066',
    'RedisUsersUserordersCB54C6FE',
    'RedisUsersUserpayments94AF358D',
    'RedisUsersUserimagesA2123C6C',
    'RedisUsersUsermailer13E845F9',
    'CacheUsersUserdefault2AF76060',
    'CacheUsersUsercatalog14839DA8',
    'RedisUsersGroupD7279E69',
    'CacheUsersGroup9DFFF292',
  ]);
});

test('buckets and secrets of prod keep their logical ids', () => {
  expect(idsOf(templateOf('prod', 'Data'), 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret')).toEqual([
    'AccessLogsBucketCD784A59',
    'UploadsBucketC4B27CC7',
    'prodDataPostgresPrimarySecretF2240E2A3fdaad7efa858a3daf9490cf0a702aeb',
    ...definitions.filter(({ database }) => database).map(({ name }) => logicalId('Postgres', `Role-${name}`)),
    ...[...definitions.filter(usesRedis).map(({ name }) => name), 'default'].map((user) =>
      logicalId('Redis', 'Users', `Password-${user}`),
    ),
    ...['catalog', 'default'].map((user) => logicalId('Cache', 'Users', `Password-${user}`)),
    'SessionSecretC41FBD23',
  ]);
});

test('the queues and the database role of one worker, by hand', () => {
  expect(idsOf(templateOf('prod', 'Data'), 'AWS::SQS::Queue', 'AWS::SecretsManager::Secret')).toEqual(
    expect.arrayContaining([
      'QueuemailerDeadLettersA685EEFD',
      'QueuemailerQueue5F34E7B6',
      'PostgresRolemailer6F2B18D9',
    ]),
  );
});

test('the VPC and the subnets of prod keep their logical ids', () => {
  expect(idsOf(templateOf('prod', 'Network'), 'AWS::EC2::VPC', 'AWS::EC2::Subnet')).toEqual([
    'NetworkVpc7FB7348F',
    'NetworkVpcpublicSubnet1Subnet00617657',
    'NetworkVpcpublicSubnet2SubnetDCAA7C9A',
    'NetworkVpcpublicSubnet3SubnetB6CE113A',
    'NetworkVpcappSubnet1SubnetE208FB5D',
    'NetworkVpcappSubnet2SubnetC46F4198',
    'NetworkVpcappSubnet3Subnet726FBFBA',
    'NetworkVpcdataSubnet1SubnetE7C988E9',
    'NetworkVpcdataSubnet2Subnet7A99E9BE',
    'NetworkVpcdataSubnet3Subnet6505920D',
  ]);
});
