import { Type, type Static } from 'typebox';

import type { Host } from '../../host/host.ts';
import type { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { defineResource, type Resource } from '../../kernel/resource.ts';
import { accept, closed, ignored } from '../../kernel/schema.ts';
import { resourceHash } from '../resource-hash.ts';
import { arnOf } from '../arn.ts';
import { generatedName, toRecord } from './names.ts';
import { createTargetGroup, type TargetGroup, type TargetGroupOptions } from './load-balancer/target-group.ts';

/**
 * CloudFormation's defaults and ranges for HTTP.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html
 */
const properties = Type.Object({
  Name: Type.Optional(Type.String()),
  // Each target is registered with its own port; this one only matters as it replaces the group.
  Port: Type.Optional(Type.Number()),
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
  Matcher: Type.Object({ HttpCode: Type.String() }, { ...closed, default: { HttpCode: '200' } }),
  TargetGroupAttributes: Type.Array(Type.Object({ Key: Type.String(), Value: Type.String() }), { default: [] }),
  ...ignored('Everything on a laptop is reached over 127.0.0.1.', 'IpAddressType VpcId'),
  ...ignored('They describe the group.', 'Tags'),
});

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
    // With one healthy target, only healthy targets get requests. 1 and `off` are the defaults.
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': Type.Optional(Type.Literal('1')),
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': Type.Optional(
      Type.Literal('off'),
    ),
    ...ignored(
      'A laptop has one zone, and no DNS.',
      `load_balancing.cross_zone.enabled target_group_health.dns_failover.minimum_healthy_targets.count
      target_group_health.dns_failover.minimum_healthy_targets.percentage`,
    ),
  },
  closed,
);

/** Source of replaceOn: as of the properties. */
export const targetGroup = (host: Pick<Host, 'region' | 'accountId'>, targetGroups: Handles<TargetGroup>) =>
  defineResource('AWS::ElasticLoadBalancingV2::TargetGroup', {
    properties,
    replaceOn: ['Name', 'Port', 'Protocol', 'ProtocolVersion', 'TargetType'],
    async up(resource) {
      const name = resource.properties.Name ?? generatedName(resource);
      const fullName = `targetgroup/${name}/${resourceHash(resource)}`;
      const arn = arnOf(host, 'elasticloadbalancing', fullName);
      const group = createTargetGroup(optionsOf(resource));
      targetGroups.set(arn, group);
      return {
        ref: arn,
        attributes: { TargetGroupArn: arn, TargetGroupName: name, TargetGroupFullName: fullName },
        async stop() {
          targetGroups.delete(arn);
          group.stop();
        },
      };
    },
    async update({ running }, next) {
      targetGroups.get(running.ref).update(optionsOf(next));
      return running;
    },
  });

function optionsOf(resource: Resource<Static<typeof properties>>): TargetGroupOptions {
  const stated = resource.properties;
  const attribute = accept(resource, attributes, toRecord(stated.TargetGroupAttributes), 'TargetGroupAttributes');
  const algorithm = attribute['load_balancing.algorithm.type'];
  const slowStartMs = attribute['slow_start.duration_seconds'] * 1000;
  if (slowStartMs > 0 && algorithm !== 'round_robin') {
    throw new Refusal(
      `${resource.key}: slow_start.duration_seconds goes with the algorithm round_robin only, not with ${algorithm}.`,
    );
  }
  return {
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
      matcher: statusMatcher(stated.Matcher.HttpCode),
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
