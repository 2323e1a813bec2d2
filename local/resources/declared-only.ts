import { declareOnly, type DeclaredOnly } from '../kernel/resource.ts';

const network = 'On a laptop, everything listens on 127.0.0.1.';
const permissions = 'The AWS endpoint of a laptop checks no permissions.';
const encryption = 'A laptop encrypts no data at rest.';
const monitoring = 'A laptop has no CloudWatch.';

/** The declared-only types that belong to no family, with the service and resource type in their ARNs. */
export const declaredOnly: readonly DeclaredOnly[] = [
  ...each(network, {
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
    'Custom::VpcRestrictDefaultSG': 'cloudformation:custom-resource',
  }),
  ...each(permissions, {
    'AWS::IAM::InstanceProfile': 'iam:instance-profile',
    'AWS::IAM::ManagedPolicy': 'iam:policy',
    'AWS::IAM::Policy': 'iam:policy',
    'AWS::IAM::Role': 'iam:role',
    'AWS::Lambda::Permission': 'lambda:permission',
  }),
  ...each(encryption, { 'AWS::KMS::Alias': 'kms:alias', 'AWS::KMS::Key': 'kms:key' }),
  ...each(monitoring, {
    'AWS::ApplicationAutoScaling::ScalingPolicy': 'autoscaling:scaling-policy',
    'AWS::CloudWatch::Alarm': 'cloudwatch:alarm',
    'AWS::CloudWatch::CompositeAlarm': 'cloudwatch:alarm',
    'AWS::CloudWatch::Dashboard': 'cloudwatch:dashboard',
    'AWS::Logs::LogGroup': 'logs:log-group',
    'Custom::LogRetention': 'cloudformation:custom-resource',
  }),
  ...each('It describes the template.', { 'AWS::CDK::Metadata': 'cdk:metadata' }),
  ...each('A bucket on a laptop is not deleted with its stack.', {
    'Custom::S3AutoDeleteObjects': 'cloudformation:custom-resource',
  }),
];

function each(reason: string, types: Readonly<Record<string, string>>): DeclaredOnly[] {
  return Object.entries(types).map(([type, arn]) => declareOnly(type, arn, reason));
}
