import { Match, Template } from 'aws-cdk-lib/assertions';
import { Cluster, ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from '@jest/globals';

import type { TaskProps } from '../../../lib/config/environment-props.ts';
import type { ListenerRule } from '../../../lib/config/listener-rules.ts';
import { InternalLoadBalancer } from '../../../lib/constructs/internal-load-balancer.ts';
import { HttpService } from '../../../lib/constructs/http-service.ts';
import { emptyStack, environment, vpcIn } from '../stack.ts';

const rule: ListenerRule = { id: 'orders', priority: 1, paths: ['/api/orders'] };

describe('an HTTP service', () => {
  const serviceWith = (tasks: TaskProps = {}, rules: readonly ListenerRule[] = [rule]): Template => {
    const stack = emptyStack();
    const vpc = vpcIn(stack);
    const loadBalancer = new InternalLoadBalancer(stack, 'LoadBalancer', {
      vpc,
      prefixList: 'pl-1',
      accessLogs: new Bucket(stack, 'Logs'),
    });
    new HttpService(stack, 'orders', {
      cluster: new Cluster(stack, 'Cluster', { vpc }),
      environment: 'dev',
      name: 'orders',
      image: ContainerImage.fromRegistry('orders'),
      logGroup: new LogGroup(stack, 'OrdersLogs'),
      loadBalancer,
      rules,
      tasks: environment({ tasks }).tasks,
    });
    return Template.fromStack(stack);
  };
  const service = serviceWith();

  test('is checked every 15 s with a timeout of 10 s; 2 successes make it healthy, 10 failures unhealthy', () => {
    service.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      HealthCheckPath: '/api/health',
      HealthCheckIntervalSeconds: 15,
      HealthCheckTimeoutSeconds: 10,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 10,
      Port: 3000,
      TargetType: 'ip',
    });
  });

  test('deploys without going below its number of tasks, and rolls back when new tasks fail', () => {
    service.hasResourceProperties('AWS::ECS::Service', {
      DeploymentConfiguration: {
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      },
      DesiredCount: Match.absent(),
    });
  });

  test('runs on Graviton: root file system read-only, health check in the container, 30 s between SIGTERM and SIGKILL', () => {
    service.hasResourceProperties('AWS::ECS::TaskDefinition', {
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
      RequiresCompatibilities: ['FARGATE'],
      ContainerDefinitions: [
        Match.objectLike({
          Command: ['node', 'main.js'],
          HealthCheck: {
            Command: ['CMD', 'node', 'health.js'],
            Interval: 30,
            Timeout: 30,
            Retries: 3,
            StartPeriod: 15,
          },
          ReadonlyRootFilesystem: true,
          StopTimeout: 30,
        }),
      ],
    });
  });

  test('scales on requests per task and on CPU, between its minimum and maximum', () => {
    service.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 2, MaxCapacity: 10 });
    for (const [metric, target] of Object.entries({
      ALBRequestCountPerTarget: 3000,
      ECSServiceAverageCPUUtilization: 60,
    })) {
      service.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
        TargetTrackingScalingPolicyConfiguration: Match.objectLike({
          PredefinedMetricSpecification: Match.objectLike({ PredefinedMetricType: metric }),
          TargetValue: target,
        }),
      });
    }
  });

  test.each<[string, TaskProps, Record<string, string>]>([
    [
      'by default',
      {},
      {
        'load_balancing.algorithm.type': 'round_robin',
        'stickiness.enabled': 'false',
        'deregistration_delay.timeout_seconds': '30',
      },
    ],
    [
      'least connections',
      { algorithm: 'least_outstanding_requests' },
      { 'load_balancing.algorithm.type': 'least_outstanding_requests' },
    ],
    [
      'weighted',
      { algorithm: 'weighted_random' },
      { 'load_balancing.algorithm.type': 'weighted_random', 'load_balancing.algorithm.anomaly_mitigation': 'on' },
    ],
    [
      'sticky',
      { stickinessSeconds: 600 },
      { 'stickiness.enabled': 'true', 'stickiness.type': 'lb_cookie', 'stickiness.lb_cookie.duration_seconds': '600' },
    ],
    ['a short deregistration delay', { deregistrationSeconds: 5 }, { 'deregistration_delay.timeout_seconds': '5' }],
  ])('sets the target group attributes: %s', (_what, tasks, attributes) => {
    const [group] = Object.values(serviceWith(tasks).findResources('AWS::ElasticLoadBalancingV2::TargetGroup'));
    const given = (group!.Properties as { TargetGroupAttributes: { Key: string; Value: string }[] })
      .TargetGroupAttributes;
    expect(Object.fromEntries(given.map(({ Key, Value }) => [Key, Value]))).toMatchObject(attributes);
  });

  test('has its listener rules with their paths and priorities', () => {
    const template = serviceWith({}, [
      { id: 'orders', priority: 9, paths: ['/api/orders', '/api/orders/*'] },
      { id: 'orders-2', priority: 7, paths: ['/orders'] },
    ]);
    const rules = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule'));
    const given = rules.map(({ Properties }) => {
      const { Priority, Conditions } = Properties as Rule;
      return [Priority, Conditions[0]?.PathPatternConfig.Values];
    });
    expect(given).toEqual([
      [9, ['/api/orders', '/api/orders/*']],
      [7, ['/orders']],
    ]);
  });

  test('responds to an unknown path with a problem document', () => {
    const [listener] = Object.values(service.findResources('AWS::ElasticLoadBalancingV2::Listener'));
    const { DefaultActions } = listener!.Properties as { DefaultActions: { FixedResponseConfig: FixedResponse }[] };
    const { StatusCode, ContentType, MessageBody } = DefaultActions[0]!.FixedResponseConfig;
    expect([StatusCode, ContentType]).toEqual(['404', 'application/json']);
    expect(JSON.parse(MessageBody)).toMatchObject({ status: 404, title: 'Not Found' });
  });

  test('is behind an internal load balancer with access logs and deletion protection', () => {
    const [balancer] = Object.values(service.findResources('AWS::ElasticLoadBalancingV2::LoadBalancer'));
    const { Scheme, LoadBalancerAttributes } = balancer!.Properties as {
      Scheme: string;
      LoadBalancerAttributes: unknown;
    };
    expect(Scheme).toBe('internal');
    expect(LoadBalancerAttributes).toEqual(
      expect.arrayContaining([
        { Key: 'deletion_protection.enabled', Value: 'true' },
        { Key: 'access_logs.s3.enabled', Value: 'true' },
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
      ]),
    );
  });
});

interface Rule {
  readonly Priority: number;
  readonly Conditions: readonly { readonly PathPatternConfig: { readonly Values: readonly string[] } }[];
}
interface FixedResponse {
  readonly StatusCode: string;
  readonly ContentType: string;
  readonly MessageBody: string;
}
