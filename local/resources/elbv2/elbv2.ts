import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import type { Driver, Identity, Resource, Runtime } from '../../kernel/driver.ts';
import type { Action } from './load-balancer/actions.ts';
import { createLoadBalancer, type LoadBalancer } from './load-balancer/load-balancer.ts';
import type { Router } from './load-balancer/router.ts';
import { createTargetGroup, type TargetGroup } from './load-balancer/target-group.ts';
import { accept } from '../../kernel/accept.ts';
import { readListener, readRule } from './rules.ts';
import { targetGroupOptions } from './target-group-properties.ts';

declare module '../../kernel/driver.ts' {
  interface PartTypes {
    'target-group': TargetGroup;
    'load-balancer': LoadBalancer & { readonly httpPort: number };
    'listener-router': Router<Action>;
  }
}

/** The Application Load Balancer: listeners on ports of 127.0.0.1, in the runtime's own process. */
export const alb: Driver = {
  types: [
    'AWS::ElasticLoadBalancingV2::LoadBalancer',
    'AWS::ElasticLoadBalancingV2::TargetGroup',
    'AWS::ElasticLoadBalancingV2::Listener',
    'AWS::ElasticLoadBalancingV2::ListenerRule',
  ],
  up(resource, runtime) {
    switch (resource.type) {
      case 'AWS::ElasticLoadBalancingV2::LoadBalancer':
        return upLoadBalancer(resource, runtime);
      case 'AWS::ElasticLoadBalancingV2::TargetGroup':
        return upTargetGroup(resource, runtime);
      case 'AWS::ElasticLoadBalancingV2::Listener':
        return upListener(resource, runtime);
      default:
        return upRule(resource, runtime);
    }
  },
};

/** How long exchanges under way may take to end when the system stops, in ms. */
const STOP_GRACE_MS = 2000;

const loadBalancerProperties = Type.Object(
  {
    Type: Type.Optional(Type.Literal('application')),
    Name: Type.Optional(Type.String()),
    LoadBalancerAttributes: Type.Optional(Type.Array(Type.Object({ Key: Type.String(), Value: Type.String() }))),
    // Where it stands in the VPC and who may reach it there; here it is always on 127.0.0.1.
    Scheme: Type.Optional(Type.Unknown()),
    Subnets: Type.Optional(Type.Unknown()),
    SubnetMappings: Type.Optional(Type.Unknown()),
    SecurityGroups: Type.Optional(Type.Unknown()),
    IpAddressType: Type.Optional(Type.Unknown()),
    Tags: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

/**
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
 */
const attributes = Type.Object(
  {
    'idle_timeout.timeout_seconds': Type.Number({ default: 60, minimum: 1, maximum: 4000 }),
    'routing.http.drop_invalid_header_fields.enabled': Type.Boolean({ default: false }),
    'routing.http.xff_header_processing.mode': Type.Union(
      [Type.Literal('append'), Type.Literal('preserve'), Type.Literal('remove')],
      { default: 'append' },
    ),
    'routing.http.xff_client_port.enabled': Type.Boolean({ default: false }),
    // Requests of ambiguous framing are refused in either mode.
    'routing.http.desync_mitigation_mode': Type.Optional(
      Type.Union([Type.Literal('defensive'), Type.Literal('strictest')]),
    ),
    // Of TLS, HTTP/2 (which an ALB speaks over TLS only), zones, logs and the life of the resource: none of it is here.
    'routing.http2.enabled': Type.Optional(Type.Unknown()),
    'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': Type.Optional(Type.Unknown()),
    'load_balancing.cross_zone.enabled': Type.Optional(Type.Unknown()),
    'zonal_shift.config.enabled': Type.Optional(Type.Unknown()),
    'deletion_protection.enabled': Type.Optional(Type.Unknown()),
    'access_logs.s3.enabled': Type.Optional(Type.Unknown()),
    'access_logs.s3.bucket': Type.Optional(Type.Unknown()),
    'access_logs.s3.prefix': Type.Optional(Type.Unknown()),
    'connection_logs.s3.enabled': Type.Optional(Type.Unknown()),
    'connection_logs.s3.bucket': Type.Optional(Type.Unknown()),
    'connection_logs.s3.prefix': Type.Optional(Type.Unknown()),
    'ipv6.deny_all_igw_traffic': Type.Optional(Type.Unknown()),
    'waf.fail_open.enabled': Type.Optional(Type.Unknown()),
    // The Host header always reaches the target as it came, which differs only for a port that is not the default one.
    'routing.http.preserve_host_header.enabled': Type.Optional(Type.Unknown()),
    // How old a client's connection may grow; no exchange depends on it.
    'client_keep_alive.seconds': Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

async function upLoadBalancer(resource: Resource, runtime: Runtime): Promise<Identity> {
  const stated = accept(resource, loadBalancerProperties, resource.properties);
  const given = Object.fromEntries((stated.LoadBalancerAttributes ?? []).map(({ Key, Value }) => [Key, Value]));
  const attribute = accept(resource, attributes, given, 'LoadBalancerAttributes');
  const name = stated.Name ?? shortName(resource);
  const fullName = `app/${name}/${resourceHash(resource)}`;
  const arn = arnOf(runtime, `loadbalancer/${fullName}`);
  const loadBalancer = createLoadBalancer(name, {
    idleTimeoutMs: attribute['idle_timeout.timeout_seconds'] * 1000,
    dropInvalidNames: attribute['routing.http.drop_invalid_header_fields.enabled'],
    forwardedFor: attribute['routing.http.xff_header_processing.mode'],
    clientPort: attribute['routing.http.xff_client_port.enabled'],
  });
  const httpPort = await reservePort(runtime, name, 80);
  runtime.parts.set('load-balancer', arn, { ...loadBalancer, httpPort });
  return {
    ref: arn,
    attributes: {
      LoadBalancerArn: arn,
      LoadBalancerName: name,
      LoadBalancerFullName: fullName,
      // `http://<DNSName>` reaches the listener on port 80, as it does on AWS.
      DNSName: `127.0.0.1:${httpPort}`,
      CanonicalHostedZoneID: 'Z000000000000000000000',
    },
  };
}

async function upTargetGroup(resource: Resource, runtime: Runtime): Promise<Identity> {
  const name = typeof resource.properties.Name === 'string' ? resource.properties.Name : shortName(resource);
  const group = createTargetGroup(targetGroupOptions(resource, name));
  const fullName = `targetgroup/${name}/${resourceHash(resource)}`;
  const arn = arnOf(runtime, fullName);
  runtime.parts.set('target-group', arn, group);
  return {
    ref: arn,
    attributes: { TargetGroupArn: arn, TargetGroupName: name, TargetGroupFullName: fullName },
    stop: async () => group.stop(),
  };
}

async function upListener(resource: Resource, runtime: Runtime): Promise<Identity> {
  const { loadBalancerArn, port, defaultAction } = readListener(resource, runtime.parts);
  const loadBalancer = runtime.parts.get('load-balancer', loadBalancerArn);
  const label = 'load balancer';
  runtime.report.starting(label);
  const listener = loadBalancer.addListener(port, defaultAction);
  const localPort = await listener.listen(
    port === 80 ? loadBalancer.httpPort : await reservePort(runtime, loadBalancer.name, port),
  );
  const arn = `${loadBalancerArn.replace(':loadbalancer/', ':listener/')}/${resourceHash(resource)}`;
  runtime.parts.set('listener-router', arn, listener.router);
  runtime.report.ready(label, `http://127.0.0.1:${localPort}`);
  return { ref: arn, attributes: { ListenerArn: arn }, label, stop: () => listener.close(STOP_GRACE_MS) };
}

async function upRule(resource: Resource, runtime: Runtime): Promise<Identity> {
  const { listenerArn, rule } = readRule(resource, runtime.parts);
  try {
    runtime.parts.get('listener-router', listenerArn).add(rule);
  } catch (error) {
    throw new Error(`${resource.stack}/${resource.logicalId}: ${(error as Error).message}`, { cause: error });
  }
  const arn = `${listenerArn.replace(':listener/', ':listener-rule/')}/${resourceHash(resource)}`;
  return { ref: arn, attributes: { RuleArn: arn, IsDefault: 'false' } };
}

/** The same port at each start; the listener on port 80 prefers 8000. */
const reservePort = (runtime: Runtime, name: string, port: number): Promise<number> =>
  runtime.ports.reserve(`load-balancer/${name}/${port}`, 7920 + port);

const arnOf = ({ region, accountId }: Runtime, what: string): string =>
  `arn:aws:elasticloadbalancing:${region}:${accountId}:${what}`;

/** The 16 hex digits that end an ARN or make an id; the same at each start. */
export const resourceHash = ({ stack, logicalId }: Resource): string =>
  createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, 16);

/** A name as CloudFormation makes one up; AWS allows 32 characters. */
const shortName = ({ logicalId }: Resource): string => logicalId.slice(0, 32);
