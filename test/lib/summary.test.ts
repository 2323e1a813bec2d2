import { expect, test } from '@jest/globals';

import { summarize } from './summary.ts';

const resource = (Properties: Record<string, unknown>, Type = 'AWS::X::Y') => ({ Type, Properties });

test('intrinsic functions are one line', () => {
  const template = {
    Resources: {
      Task: resource({
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Url: { 'Fn::Join': ['', ['http://', { Ref: 'Host' }, ':80']] },
        Database: {
          'Fn::GetStackOutput': { StackName: 'headroom-prod-data', OutputName: 'PublishOutputRefDatabase' },
        },
        Zone: { 'Fn::Select': [1, { 'Fn::Split': ['/', { Ref: 'Arn' }] }] },
      }),
    },
  };
  expect(summarize(template)).toBe(
    "Task: AWS::X::Y { Role: '<Role.Arn>', Url: 'http://<Host>:80', Database: '<data:RefDatabase>', Zone: \"<Arn>.split('/')[1]\" }",
  );
});

test('policy statements and variables are one line each', () => {
  const template = {
    Resources: {
      Task: resource({
        Policy: { Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: { Ref: 'Bucket' } }] },
        Environment: [{ Name: 'PORT', Value: '3000' }],
      }),
    },
  };
  expect(summarize(template)).toBe(
    "Task: AWS::X::Y { Policy: [ 'Allow s3:GetObject on <Bucket>' ], Environment: { PORT: '3000' } }",
  );
});

test('tags, outputs for other stacks, asset hashes and rules of security groups are left out; resources are sorted', () => {
  const template = {
    Resources: {
      B: resource({ Key: 'a'.repeat(64), Tags: [{ Key: 'Name', Value: 'x' }] }),
      A: resource({ SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0' }] }),
      Rule: resource({ FromPort: 80 }, 'AWS::EC2::SecurityGroupIngress'),
    },
    Outputs: { PublishOutputRefA: { Value: 'x' }, Url: { Value: { Ref: 'B' } } },
  };
  expect(summarize(template)).toBe("A: AWS::X::Y\nB: AWS::X::Y { Key: '<hash>' }\nOutput Url: '<B>'");
});
