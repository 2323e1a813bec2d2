import { Template } from 'aws-cdk-lib/assertions';
import { Cluster, ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { expect, test } from '@jest/globals';

import { paymentProviderCapability } from '../../../lib/capabilities/payment-provider.ts';
import { HttpService } from '../../../lib/constructs/http-service.ts';
import { InternalLoadBalancer } from '../../../lib/constructs/internal-load-balancer.ts';
import { emptyStack, environment, vpcIn } from '../stack.ts';

/** Returns the template of a service that may call the provider and uses nothing else. */
function templateWith(url?: string): Template {
  const stack = emptyStack();
  const vpc = vpcIn(stack);
  const loadBalancer = new InternalLoadBalancer(stack, 'LoadBalancer', {
    vpc,
    prefixList: 'pl-1',
    accessLogs: new Bucket(stack, 'AccessLogs'),
  });
  const payments = new HttpService(stack, 'payments', {
    cluster: new Cluster(stack, 'Cluster', { vpc }),
    environment: 'dev',
    name: 'payments',
    image: ContainerImage.fromRegistry('payments'),
    logGroup: new LogGroup(stack, 'Logs'),
    loadBalancer,
    rules: [{ id: 'payments', priority: 1, paths: ['/api/payments'] }],
    tasks: environment().tasks,
  });
  const key = new Secret(stack, 'Key');
  paymentProviderCapability(loadBalancer, key, url).bind(payments, { kind: 'service', name: 'payments', paths: [] });
  return Template.fromStack(stack);
}

interface Container {
  readonly Environment: { Name: string; Value: unknown }[];
  readonly Secrets: { Name: string; ValueFrom: { Ref: string } }[];
}

function containerIn(template: Template): Container {
  const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  const { ContainerDefinitions } = task!.Properties as { ContainerDefinitions: [Container] };
  return ContainerDefinitions[0];
}

/** Returns the value of the variable PAYMENT_PROVIDER_URL. */
function providerUrl(template: Template): unknown {
  return containerIn(template).Environment.find(({ Name }) => Name === 'PAYMENT_PROVIDER_URL')?.Value;
}

const callThroughLoadBalancer = { Description: 'Calls to services', FromPort: 80 };

/** Returns where the tasks may connect to without a security group on the other side, as `address:port`. */
const outside = (template: Template): string[] =>
  Object.values(
    template.findResources('AWS::EC2::SecurityGroup', { Properties: { GroupDescription: 'Tasks of payments' } }),
  )
    .flatMap(({ Properties }) => (Properties as { SecurityGroupEgress?: Rule[] }).SecurityGroupEgress ?? [])
    .map(({ CidrIp, ToPort }) => `${CidrIp}:${ToPort}`);

interface Rule {
  readonly CidrIp: string;
  readonly ToPort: number;
}

test('with a URL, the service calls that provider and has no path to the load balancer', () => {
  const template = templateWith('https://payments.example.com');
  expect(providerUrl(template)).toBe('https://payments.example.com');
  expect(outside(template)).toEqual(['0.0.0.0/0:443']);
  template.resourcePropertiesCountIs('AWS::EC2::SecurityGroupEgress', callThroughLoadBalancer, 0);
});

test('without a URL, the service calls the sandbox through the load balancer', () => {
  const template = templateWith();
  expect(providerUrl(template)).toEqual({ 'Fn::Join': ['', expect.arrayContaining(['/sandbox'])] });
  template.resourcePropertiesCountIs('AWS::EC2::SecurityGroupEgress', callThroughLoadBalancer, 1);
  expect(outside(template)).toEqual([]);
});

test('the service gets the key as a secret, not as a variable', () => {
  for (const url of ['https://payments.example.com', undefined]) {
    const template = templateWith(url);
    const [key] = Object.keys(template.findResources('AWS::SecretsManager::Secret'));
    const { Environment, Secrets } = containerIn(template);
    expect(Secrets).toEqual([{ Name: 'PAYMENT_PROVIDER_KEY', ValueFrom: { Ref: key } }]);
    expect(Environment.map(({ Name }) => Name)).not.toContain('PAYMENT_PROVIDER_KEY');
  }
});
