import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Stack } from 'aws-cdk-lib/core';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from '@jest/globals';

import { AwsApis } from '../../../lib/constructs/aws-apis.ts';
import { emptyStack } from '../stack.ts';

/** Returns the templates of the APIs and of a caller, which are in a stack each. */
function templates(endpoints: boolean, allow: (apis: AwsApis, caller: SecurityGroup) => void, xRay?: boolean) {
  const network = emptyStack();
  const vpc = new Vpc(network, 'Vpc', {
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    subnetConfiguration: [{ name: 'app', subnetType: SubnetType.PRIVATE_ISOLATED }],
  });
  const apis = new AwsApis(network, 'AwsApis', { vpc, endpoints, xRay, s3PrefixList: 'pl-1' });
  const services = new Stack(network.node.root, 'Services', { env: { region: 'eu-central-1' } });
  allow(apis, new SecurityGroup(services, 'Caller', { vpc, description: 'Caller', allowAllOutbound: false }));
  return { network: Template.fromStack(network), services: Template.fromStack(services) };
}

const rulesOf = (template: Template): unknown =>
  Object.values(template.findResources('AWS::EC2::SecurityGroup', { Properties: { GroupDescription: 'Caller' } }))[0]!
    .Properties['SecurityGroupEgress'];

describe('with interface endpoints', () => {
  test('each API has one in the app subnets, which only its security group opens', () => {
    const { network } = templates(true, () => undefined);
    const endpoints = Object.values(network.findResources('AWS::EC2::VPCEndpoint'));
    const names = endpoints.map(({ Properties }) => (Properties as { ServiceName: unknown }).ServiceName);
    expect(names).toEqual(
      ['ecr.api', 'ecr.dkr', 'logs', 'secretsmanager', 'sqs', 'sns', 'email'].map(
        (service) => `com.amazonaws.eu-central-1.${service}`,
      ),
    );
    network.allResourcesProperties('AWS::EC2::VPCEndpoint', {
      VpcEndpointType: 'Interface',
      PrivateDnsEnabled: true,
      SubnetIds: [Match.anyValue(), Match.anyValue()],
      SecurityGroupIds: [Match.anyValue()],
    });
    network.resourceCountIs('AWS::EC2::SecurityGroup', 1);
    network.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
  });

  test('X-Ray has one where it is used', () => {
    const { network } = templates(true, () => undefined, true);
    network.hasResourceProperties('AWS::EC2::VPCEndpoint', { ServiceName: 'com.amazonaws.eu-central-1.xray' });
    network.resourceCountIs('AWS::EC2::VPCEndpoint', 8);
  });

  test('a caller that is allowed reaches them, and no address', () => {
    const { network, services } = templates(true, (apis, caller) => apis.allowFrom(caller));
    services.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 443, ToPort: 443 });
    services.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { FromPort: 443, ToPort: 443 });
    expect(rulesOf(services)).toBeUndefined();
    // The rules are the caller's: removing it leaves none behind.
    network.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('a caller that is allowed reaches S3 by its prefix list', () => {
    const { services } = templates(true, (apis, caller) => apis.allowS3From(caller));
    services.hasResourceProperties('AWS::EC2::SecurityGroupEgress', {
      DestinationPrefixListId: 'pl-1',
      FromPort: 443,
      ToPort: 443,
    });
    services.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });
});

test('without interface endpoints, a caller that is allowed reaches any address on port 443, once for all APIs', () => {
  const { network, services } = templates(false, (apis, caller) => {
    apis.allowFrom(caller);
    apis.allowS3From(caller);
  });
  network.resourceCountIs('AWS::EC2::VPCEndpoint', 0);
  expect(rulesOf(services)).toEqual([expect.objectContaining({ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 })]);
});
