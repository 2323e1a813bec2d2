import { Match, Template } from 'aws-cdk-lib/assertions';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from '@jest/globals';

import type { EnvironmentProps } from '../../../lib/config/environment-props.ts';
import { Network } from '../../../lib/constructs/network.ts';
import { emptyStack, environment } from '../stack.ts';

describe('the network', () => {
  const networkWith = (props: Partial<EnvironmentProps>): Template => {
    const stack = emptyStack();
    new Network(stack, 'Network', { ...environment(props), flowLogs: new LogGroup(stack, 'FlowLogs') });
    return Template.fromStack(stack);
  };
  const three = ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'];

  test.each<[EnvironmentProps['nat'], number, number, number]>([
    ['none', 0, 0, 0],
    ['instance', 0, 1, 3],
    ['one', 1, 0, 3],
    ['per-az', 3, 0, 3],
  ])(
    'with NAT %s has %d gateways, %d instances and %d private routes to the internet',
    (nat, gateways, instances, routes) => {
      const template = networkWith({ nat, availabilityZones: three });
      template.resourceCountIs('AWS::EC2::NatGateway', gateways);
      template.resourceCountIs('AWS::EC2::Instance', instances);
      template.resourceCountIs('AWS::EC2::FlowLog', 1);
      const toInternet = Object.keys(
        template.findResources('AWS::EC2::Route', { Properties: { DestinationCidrBlock: '0.0.0.0/0' } }),
      );
      expect(toInternet.filter((id) => id.includes('appSubnet'))).toHaveLength(routes);
      expect(toInternet.filter((id) => id.includes('dataSubnet'))).toEqual([]);
      // For any NAT, S3 is reached over its gateway endpoint.
      template.resourceCountIs('AWS::EC2::VPCEndpoint', 1);
      template.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
      // For any NAT: CloudFront reaches a private load balancer only in a VPC with an internet gateway.
      template.resourceCountIs('AWS::EC2::VPCGatewayAttachment', 1);
    },
  );

  test('a NAT instance has enough memory for its packages, and retries until they are installed', () => {
    networkWith({ nat: 'instance' }).hasResourceProperties('AWS::EC2::Instance', {
      InstanceType: 't4g.micro',
      SourceDestCheck: false,
      UserData: {
        'Fn::Base64': Match.stringLikeRegexp(
          'until dnf install -y iptables-services; do sleep 5; done\n[^]*MASQUERADE',
        ),
      },
    });
  });

  test('a NAT instance has an encrypted disk', () => {
    networkWith({ nat: 'instance' }).hasResourceProperties('AWS::EC2::Instance', {
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true } }],
    });
  });

  test('a third zone can be added without moving a subnet', () => {
    const subnets = (zones: string[]): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(networkWith({ availabilityZones: zones }).findResources('AWS::EC2::Subnet')).map(
          ([id, { Properties }]) => [id, (Properties as { CidrBlock: string }).CidrBlock],
        ),
      );
    expect(subnets(three)).toMatchObject(subnets(three.slice(0, 2)));
  });

  test('zones that are given by id are used by id, also by a NAT instance', () => {
    const template = networkWith({ nat: 'instance', region: 'us-east-1', availabilityZones: ['use1-az1', 'use1-az4'] });
    template.resourcePropertiesCountIs('AWS::EC2::Subnet', { AvailabilityZone: Match.absent() }, 6);
    template.resourcePropertiesCountIs('AWS::EC2::Subnet', { AvailabilityZoneId: 'use1-az4' }, 3);
    template.hasResourceProperties('AWS::EC2::Instance', { AvailabilityZone: Match.absent() });
  });
});
