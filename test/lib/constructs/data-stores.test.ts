import { Match, Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from '@jest/globals';

import { postgresParameters } from '../../../lib/constructs/postgres-parameters.ts';
import { Postgres } from '../../../lib/constructs/postgres.ts';
import { RedisCache } from '../../../lib/constructs/redis-cache.ts';
import { UploadsBucket } from '../../../lib/constructs/uploads-bucket.ts';
import { emptyStack, environment, vpcIn } from '../stack.ts';

interface Instance {
  readonly Properties: Record<string, unknown>;
}

describe('data stores', () => {
  const stack = emptyStack();
  const vpc = vpcIn(stack);
  const { database, redis } = environment({ database: { multiAz: true, replicas: 2 }, redis: { multiAz: true } });
  new Postgres(stack, 'Postgres', { ...database, vpc, roles: ['orders'] });
  new RedisCache(stack, 'Redis', {
    ...redis,
    vpc,
    name: 'headroom-test',
    users: [
      { name: 'auth', sessions: 'write' },
      { name: 'orders', sessions: 'read' },
    ],
  });
  const uploads = new UploadsBucket(stack, 'Uploads', {
    accessLogs: new Bucket(stack, 'Logs'),
    origins: ['https://shop.example.com'],
  });
  uploads.serve('media/');
  const template = Template.fromStack(stack);

  test('the database is encrypted, backed up, monitored, grows and is protected from deletion', () => {
    template.hasResource('AWS::RDS::DBInstance', {
      DeletionPolicy: 'Snapshot',
      Properties: Match.objectLike({
        Engine: 'postgres',
        EngineVersion: '17',
        MultiAZ: true,
        StorageEncrypted: true,
        StorageType: 'gp3',
        MaxAllocatedStorage: 200,
        BackupRetentionPeriod: 7,
        DeletionProtection: true,
        EnablePerformanceInsights: true,
        PubliclyAccessible: false,
      }),
    });
    template.resourcePropertiesCountIs('AWS::RDS::DBInstance', { SourceDBInstanceIdentifier: Match.anyValue() }, 2);
  });

  test('a restored database is another resource, with the administrator and the name of its snapshot', () => {
    const instancesWith = (restoreFrom?: string) => {
      const other = emptyStack();
      new Postgres(other, 'Postgres', { ...database, restoreFrom, replicas: 1, vpc: vpcIn(other), roles: [] });
      return Object.entries(Template.fromStack(other).findResources('AWS::RDS::DBInstance')) as [string, Instance][];
    };
    const ids = (restoreFrom?: string) => instancesWith(restoreFrom).map(([id]) => id);
    expect(new Set([...ids(), ...ids('friday'), ...ids('rds:friday')]).size).toBe(6);
    const [primary, replica] = instancesWith('friday');
    expect(primary![1].Properties).toMatchObject({
      DBSnapshotIdentifier: 'friday',
      MasterUserPassword: { 'Fn::Join': expect.anything() },
      DeletionProtection: true,
    });
    // CloudFormation refuses these together with a snapshot.
    for (const name of ['DBName', 'MasterUsername', 'StorageEncrypted']) {
      expect(primary![1].Properties).not.toHaveProperty(name);
    }
    expect(JSON.stringify(replica![1].Properties['SourceDBInstanceIdentifier'])).toContain(primary![0]);
  });

  test('the database accepts connections over TLS only', () => {
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Family: 'postgres17',
      Parameters: Match.objectLike({ 'rds.force_ssl': '1' }),
    });
  });

  test('primary and replicas have the same parameters, none of which depends on the instance class', () => {
    const instances = Object.values(template.findResources('AWS::RDS::DBInstance'));
    const [group = ''] = Object.keys(template.findResources('AWS::RDS::DBParameterGroup'));
    expect(instances.map(({ Properties }) => Properties.DBParameterGroupName)).toEqual(
      Array.from({ length: 3 }, () => ({ Ref: group })),
    );
    template.resourceCountIs('AWS::RDS::DBParameterGroup', 1);
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', { Parameters: postgresParameters(400) });
    // RDS derives these from the class, unless they are numbers.
    const { max_connections: connections, max_worker_processes: workers, ...others } = postgresParameters(400);
    expect([connections, workers].map(Number)).toEqual([400, expect.any(Number)]);
    expect(Object.values(others).filter((value) => /\D/.test(value))).toEqual([]);
  });

  test('a read on a replica does not stop vacuum on the primary', () => {
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Parameters: Match.objectLike({ hot_standby_feedback: '0', max_standby_streaming_delay: '30000' }),
    });
  });

  test('a database role has a generated password', () => {
    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      Description: 'Database role orders',
      GenerateSecretString: Match.objectLike({
        GenerateStringKey: 'password',
        SecretStringTemplate: '{"username":"orders"}',
      }),
    });
  });

  test('Redis is encrypted in transit and at rest, has users, evicts nothing and fails over', () => {
    template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
      TransitEncryptionEnabled: true,
      TransitEncryptionMode: 'required',
      AtRestEncryptionEnabled: true,
      AuthToken: Match.absent(),
      UserGroupIds: [{ Ref: Match.stringLikeRegexp('^RedisUsersGroup') }],
      CacheParameterGroupName: { Ref: Match.stringLikeRegexp('^RedisParameters') },
      NumCacheClusters: 2,
      AutomaticFailoverEnabled: true,
      MultiAZEnabled: true,
    });
  });

  const propertiesOf = (type: string): Record<string, unknown>[] =>
    Object.values(template.findResources(type)).map(({ Properties }) => Properties as Record<string, unknown>);

  test('the parameters of Redis forbid eviction', () => {
    expect(propertiesOf('AWS::ElastiCache::ParameterGroup')).toMatchObject([
      { CacheParameterGroupFamily: 'valkey8', Properties: { 'maxmemory-policy': 'noeviction' } },
    ]);
  });

  test('each service has a user of Redis with a password of its own, and the default user is off', () => {
    const users = propertiesOf('AWS::ElastiCache::User');
    expect(users.map(({ UserId, UserName, AccessString }) => [UserId, UserName, AccessString])).toEqual([
      ['headroom-test-default', 'default', 'off ~keys* -@all'],
      ['headroom-test-auth', 'auth', expect.stringMatching(/^on ~session:\* -@all \+@read \+@write .*\(~limit:\*/)],
      [
        'headroom-test-orders',
        'orders',
        'on ~session:* -@all +get +getex +ping +info (~session:written:* +zscore +zadd +pexpire) ' +
          '(~limit:* +eval +evalsha +time +lindex +llen +lpush +rpop +pexpire)',
      ],
    ]);
    for (const { UserName, AuthenticationMode } of users)
      expect(JSON.stringify(AuthenticationMode)).toContain(`"Ref":"RedisUsersPassword${String(UserName)}`);
    const [group] = propertiesOf('AWS::ElastiCache::UserGroup');
    expect(group?.['UserIds']).toEqual(
      Object.keys(template.findResources('AWS::ElastiCache::User')).map((Ref) => ({ Ref })),
    );
  });

  test('a cache evicts what was used least recently, keeps no snapshot, and confines a user to its keys and channel', () => {
    const other = emptyStack();
    new RedisCache(other, 'Cache', {
      ...redis,
      vpc: vpcIn(other),
      name: 'headroom-test-cache',
      purpose: 'cache',
      users: [{ name: 'catalog', cache: true }],
    });
    const cache = Template.fromStack(other);
    cache.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
      Properties: { 'maxmemory-policy': 'allkeys-lru' },
    });
    cache.hasResource('AWS::ElastiCache::ReplicationGroup', {
      DeletionPolicy: 'Delete',
      Properties: Match.objectLike({ SnapshotRetentionLimit: 0 }),
    });
    cache.hasResourceProperties('AWS::ElastiCache::User', {
      UserName: 'catalog',
      AccessString: Match.stringLikeRegexp('^on ~cache:catalog:\\* resetchannels &cache:catalog -@all '),
    });
  });

  test('distributions of the account, and nobody else outside it, may read what is served, and not list the bucket', () => {
    const [{ Properties }] = Object.values(
      template.findResources('AWS::S3::BucketPolicy', {
        Properties: { Bucket: { Ref: Match.stringLikeRegexp('^Uploads') } },
      }),
    ) as [{ Properties: { PolicyDocument: { Statement: { Effect: string }[] } } }];
    const allowed = Properties.PolicyDocument.Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Action: 's3:GetObject',
        Resource: { 'Fn::Join': ['', [expect.anything(), '/media/*']] },
        Condition: {
          ArnLike: {
            'AWS:SourceArn': {
              'Fn::Join': [
                '',
                ['arn:', { Ref: 'AWS::Partition' }, ':cloudfront::', { Ref: 'AWS::AccountId' }, ':distribution/*'],
              ],
            },
          },
        },
      },
    ]);
  });

  test('uploads are private and versioned, unfinished ones and originals expire, and only the given origins may upload', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: [
            Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }),
            { Prefix: 'originals/', ExpirationInDays: 30, Status: 'Enabled' },
            { ExpiredObjectDeleteMarker: true, Status: 'Enabled' },
          ],
        },
        CorsConfiguration: {
          CorsRules: [Match.objectLike({ AllowedOrigins: ['https://shop.example.com'], AllowedMethods: ['POST'] })],
        },
      }),
    });
  });
});
