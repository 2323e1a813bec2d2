import { Type } from 'typebox';
import type { Resource } from '../../kernel/driver.ts';
import type { TargetGroupOptions } from './load-balancer/target-group.ts';
import { accept } from '../../kernel/accept.ts';

/**
 * What of AWS::ElasticLoadBalancingV2::TargetGroup is honoured, with CloudFormation's defaults and ranges for HTTP.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html
 */
const properties = Type.Object(
  {
    Name: Type.Optional(Type.String()),
    Protocol: Type.Optional(Type.Literal('HTTP')),
    ProtocolVersion: Type.Optional(Type.Literal('HTTP1')),
    TargetType: Type.Optional(Type.Union([Type.Literal('ip'), Type.Literal('instance')])),
    HealthCheckEnabled: Type.Optional(Type.Literal(true)),
    HealthCheckProtocol: Type.Optional(Type.Literal('HTTP')),
    HealthCheckPath: Type.String({ default: '/' }),
    HealthCheckPort: Type.String({ default: 'traffic-port' }),
    HealthCheckIntervalSeconds: Type.Number({ default: 30, minimum: 5, maximum: 300 }),
    HealthCheckTimeoutSeconds: Type.Number({ default: 5, minimum: 2, maximum: 120 }),
    HealthyThresholdCount: Type.Number({ default: 5, minimum: 2, maximum: 10 }),
    UnhealthyThresholdCount: Type.Number({ default: 2, minimum: 2, maximum: 10 }),
    Matcher: Type.Optional(Type.Object({ HttpCode: Type.String() }, { additionalProperties: false })),
    TargetGroupAttributes: Type.Optional(Type.Array(Type.Object({ Key: Type.String(), Value: Type.String() }))),
    // A task states its own port; the rest says where the group is, not what it does.
    Port: Type.Optional(Type.Unknown()),
    VpcId: Type.Optional(Type.Unknown()),
    IpAddressType: Type.Optional(Type.Unknown()),
    Tags: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
const attributes = Type.Object(
  {
    'load_balancing.algorithm.type': Type.Union(
      [Type.Literal('round_robin'), Type.Literal('least_outstanding_requests'), Type.Literal('weighted_random')],
      { default: 'round_robin' },
    ),
    'load_balancing.algorithm.anomaly_mitigation': Type.Optional(Type.Literal('off')),
    'deregistration_delay.timeout_seconds': Type.Number({ default: 300, minimum: 0, maximum: 3600 }),
    'slow_start.duration_seconds': Type.Number({ default: 0, minimum: 0, maximum: 900 }),
    'stickiness.enabled': Type.Boolean({ default: false }),
    'stickiness.type': Type.Optional(Type.Literal('lb_cookie')),
    'stickiness.lb_cookie.duration_seconds': Type.Number({ default: 86_400, minimum: 1, maximum: 604_800 }),
    // One healthy target is enough to route to the healthy ones only; 1 and `off` are the defaults.
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': Type.Optional(Type.Literal('1')),
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': Type.Optional(
      Type.Literal('off'),
    ),
    // There is one zone and no DNS here.
    'load_balancing.cross_zone.enabled': Type.Optional(Type.Unknown()),
    'target_group_health.dns_failover.minimum_healthy_targets.count': Type.Optional(Type.Unknown()),
    'target_group_health.dns_failover.minimum_healthy_targets.percentage': Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

export function targetGroupOptions(resource: Resource, name: string): TargetGroupOptions {
  const stated = accept(resource, properties, resource.properties);
  const list = stated.TargetGroupAttributes ?? [];
  const given = Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
  const attribute = accept(resource, attributes, given, 'TargetGroupAttributes');
  const algorithm = attribute['load_balancing.algorithm.type'];
  const slowStartMs = attribute['slow_start.duration_seconds'] * 1000;
  if (slowStartMs > 0 && algorithm !== 'round_robin') {
    throw new Error(
      `${resource.stack}/${resource.logicalId}: slow_start.duration_seconds goes with the algorithm round_robin only, not with ${algorithm}.`,
    );
  }
  return {
    name,
    algorithm,
    slowStartMs,
    deregistrationDelayMs: attribute['deregistration_delay.timeout_seconds'] * 1000,
    stickinessMs: attribute['stickiness.enabled']
      ? attribute['stickiness.lb_cookie.duration_seconds'] * 1000
      : undefined,
    healthCheck: {
      path: stated.HealthCheckPath,
      port: stated.HealthCheckPort === 'traffic-port' ? undefined : Number(stated.HealthCheckPort),
      intervalMs: stated.HealthCheckIntervalSeconds * 1000,
      timeoutMs: stated.HealthCheckTimeoutSeconds * 1000,
      healthyThreshold: stated.HealthyThresholdCount,
      unhealthyThreshold: stated.UnhealthyThresholdCount,
      matcher: statusMatcher(stated.Matcher?.HttpCode ?? '200'),
    },
  };
}

/** `200`, `200,202` or `200-299`. */
export function statusMatcher(codes: string): (status: number) => boolean {
  const ranges = codes.split(',').map((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return { from: from!, to: to! };
  });
  return (status) => ranges.some(({ from, to }) => status >= from && status <= to);
}
