import { describe, expect, test } from '@jest/globals';

import { environments as settings } from '../../lib/config/environments.ts';
import { environmentNames, stackNames, templateOf } from './environments.ts';
import type { EnvironmentName } from './environments.ts';
import type { Resource } from './synth.ts';

const retain = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
const snapshot = { DeletionPolicy: 'Snapshot', UpdateReplacePolicy: 'Snapshot' };

/** How each type that holds data is kept in a protected environment. */
const holdsData: Readonly<Record<string, object>> = {
  'AWS::ElastiCache::ReplicationGroup': snapshot,
  'AWS::Logs::LogGroup': retain,
  'AWS::RDS::DBInstance': snapshot,
  'AWS::S3::Bucket': retain,
  'AWS::SecretsManager::Secret': retain,
  // Their names are fixed: what a failed deployment has created must go.
  'AWS::SQS::Queue': { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' },
};

/** Types that a deployment can make again from the template alone, by service. */
const holdsNone: Readonly<Record<string, string>> = {
  ApplicationAutoScaling: 'ScalableTarget ScalingPolicy',
  CloudFront: 'CachePolicy Distribution OriginAccessControl OriginRequestPolicy ResponseHeadersPolicy VpcOrigin',
  CloudWatch: 'Alarm CompositeAlarm Dashboard',
  // The only instance is that for NAT, which stores nothing.
  EC2: 'EIP FlowLog Instance InternetGateway NatGateway Route RouteTable SecurityGroup SecurityGroupEgress SecurityGroupIngress Subnet SubnetRouteTableAssociation VPC VPCEndpoint VPCGatewayAttachment',
  ECS: 'Cluster Service TaskDefinition',
  ElastiCache: 'ParameterGroup SubnetGroup User UserGroup',
  ElasticLoadBalancingV2: 'Listener ListenerRule LoadBalancer TargetGroup',
  IAM: 'InstanceProfile Policy Role',
  Lambda: 'Function Version',
  RDS: 'DBParameterGroup DBSubnetGroup',
  S3: 'BucketPolicy',
  // Following a link verifies it again.
  SES: 'ConfigurationSet ConfigurationSetEventDestination EmailIdentity',
  SNS: 'Subscription Topic TopicPolicy',
  SQS: 'QueuePolicy',
  SecretsManager: 'SecretTargetAttachment',
  WAFv2: 'WebACL',
};

test('of every resource type it is known whether it holds data', () => {
  const types = new Set(environmentNames.flatMap((name) => resourcesOf(name).map(([, { Type }]) => Type)));
  const isKnown = (type: string): boolean => {
    const [, service = '', name = ''] = type.split('::');
    return type in holdsData || type.startsWith('Custom::') || (holdsNone[service]?.split(' ').includes(name) ?? false);
  };
  expect([...types].filter((type) => !isKnown(type))).toEqual([]);
});

const isProtected = (name: EnvironmentName): boolean => settings[name]!.protect !== false;

test('environments of both kinds are tested', () => {
  expect(environmentNames.filter(isProtected)).toEqual(['staging', 'prod']);
});

/** What a cache holds can be loaded again. */
const isCache = (id: string): boolean => id.startsWith('CacheGroup');

describe.each(environmentNames.filter(isProtected))('in %s, which is protected,', (environment) => {
  test('what holds data is kept', () => {
    const stateful = resourcesOf(environment).filter(([, { Type }]) => Type in holdsData);
    expect(new Set(stateful.map(([, { Type }]) => Type))).toEqual(new Set(Object.keys(holdsData)));
    expect(stateful.filter(([id]) => isCache(id)).map(([id]) => id)).toEqual(['CacheGroup065C0BC1']);
    for (const [id, resource] of stateful) {
      const { DeletionPolicy, UpdateReplacePolicy } = resource;
      const expected = isReplica(resource) || isCache(id) ? deleted : holdsData[resource.Type];
      expect({ id, DeletionPolicy, UpdateReplacePolicy }).toEqual({ id, ...expected });
    }
  });

  test('database and load balancer refuse deletion', () => {
    expect(protections(environment)).toEqual(['PostgresPrimary', 'LoadBalancer']);
  });

  test('no bucket is emptied', () => {
    expect(resourcesOf(environment).filter(([, { Type }]) => Type === 'Custom::S3AutoDeleteObjects')).toEqual([]);
  });
});

describe.each(environmentNames.filter((name) => !isProtected(name)))(
  'in %s, which is not protected,',
  (environment) => {
    test('nothing is kept', () => {
      for (const [id, resource] of resourcesOf(environment)) {
        const { Type, DeletionPolicy, UpdateReplacePolicy } = resource;
        if (Type in holdsData) expect({ id, DeletionPolicy, UpdateReplacePolicy }).toEqual({ id, ...deleted });
        else expect(['Delete', undefined]).toContain(DeletionPolicy);
      }
    });

    test('nothing refuses deletion', () => {
      expect(protections(environment)).toEqual([]);
    });

    test('every bucket is emptied', () => {
      const ofType = (type: string) => resourcesOf(environment).filter(([, { Type }]) => Type === type);
      expect(ofType('Custom::S3AutoDeleteObjects').map(([, { Properties }]) => Properties['BucketName'])).toEqual(
        ofType('AWS::S3::Bucket').map(([Ref]) => ({ Ref })),
      );
    });
  },
);

const deleted = { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' };

/** A replica holds only what its primary holds. */
const isReplica = ({ Properties }: Resource): boolean => 'SourceDBInstanceIdentifier' in Properties;

function resourcesOf(environment: EnvironmentName): [string, Resource][] {
  return stackNames.flatMap((stack) => Object.entries(templateOf(environment, stack).Resources));
}

/** Returns the logical ids, without their hashes, of the resources whose own settings refuse deletion. */
function protections(environment: EnvironmentName): string[] {
  const refuses = ({ Properties }: Resource): boolean =>
    Object.entries(Properties).some(
      ([name, value]) =>
        /^(DeletionProtection|TerminationProtection)/.test(name) && value !== false && value !== 'DISABLED',
    ) ||
    JSON.stringify(Properties['LoadBalancerAttributes'] ?? '').includes(
      '{"Key":"deletion_protection.enabled","Value":"true"}',
    );
  return resourcesOf(environment)
    .filter(([, resource]) => refuses(resource))
    .map(([id]) => id.replace(/[0-9A-F]{8}$/, '').replace(/^(LoadBalancer)+$/, '$1'));
}
