import type { Identity } from '../kernel/driver.ts';
import type { Stack } from '../kernel/assembly/template.ts';

/**
 * Types that a laptop has no use for: declared, not run. Each has the kind of its ARN, for the resources that state it.
 */
const types: Readonly<Record<string, string>> = {
  'AWS::ApplicationAutoScaling::ScalingPolicy': 'autoscaling:scaling-policy',
  'AWS::CDK::Metadata': 'cdk:metadata',
  'AWS::CloudWatch::Alarm': 'cloudwatch:alarm',
  'AWS::CloudWatch::Dashboard': 'cloudwatch:dashboard',
  'AWS::EC2::EIP': 'ec2:elastic-ip',
  'AWS::EC2::FlowLog': 'ec2:vpc-flow-log',
  'AWS::EC2::Instance': 'ec2:instance',
  'AWS::EC2::InternetGateway': 'ec2:internet-gateway',
  'AWS::EC2::NatGateway': 'ec2:natgateway',
  'AWS::EC2::Route': 'ec2:route',
  'AWS::EC2::RouteTable': 'ec2:route-table',
  'AWS::EC2::SecurityGroup': 'ec2:security-group',
  'AWS::EC2::SecurityGroupEgress': 'ec2:security-group-rule',
  'AWS::EC2::SecurityGroupIngress': 'ec2:security-group-rule',
  'AWS::EC2::Subnet': 'ec2:subnet',
  'AWS::EC2::SubnetRouteTableAssociation': 'ec2:subnet-route-table-association',
  'AWS::EC2::VPC': 'ec2:vpc',
  'AWS::EC2::VPCEndpoint': 'ec2:vpc-endpoint',
  'AWS::EC2::VPCGatewayAttachment': 'ec2:vpc-gateway-attachment',
  'AWS::ElastiCache::SubnetGroup': 'elasticache:subnetgroup',
  'AWS::IAM::InstanceProfile': 'iam:instance-profile',
  'AWS::IAM::ManagedPolicy': 'iam:policy',
  'AWS::IAM::Policy': 'iam:policy',
  'AWS::IAM::Role': 'iam:role',
  'AWS::KMS::Alias': 'kms:alias',
  'AWS::KMS::Key': 'kms:key',
  'AWS::Lambda::Permission': 'lambda:permission',
  'AWS::Logs::LogGroup': 'logs:log-group',
  'AWS::RDS::DBSubnetGroup': 'rds:subgrp',
  'Custom::S3AutoDeleteObjects': 'cloudformation:custom-resource',
};

export const isDeclaredOnly = (type: string): boolean => Object.hasOwn(types, type);

/**
 * What others may know of a resource that is not run: its `Ref` is its logical id, `…Arn` attributes an ARN of the right
 * kind, any other attribute a text that says whose it is.
 */
export function standIn({ region, accountId }: Stack, logicalId: string, type: string): Identity {
  const [service = '', kind = ''] = (types[type] ?? '').split(':');
  const arn = `arn:aws:${service}:${service === 'iam' ? '' : region}:${accountId}:${kind}/${logicalId}`;
  const attributes = new Proxy<Record<string, string>>(
    {},
    {
      get: (_target, name) => (String(name).endsWith('Arn') ? arn : `${logicalId}.${String(name)}`),
    },
  );
  return { ref: logicalId, attributes };
}
