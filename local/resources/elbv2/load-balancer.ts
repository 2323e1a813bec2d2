import { Type, type Static } from 'typebox';

import type { Host } from '../../host/host.ts';
import type { Handles } from '../../kernel/handles.ts';
import { defineResource, type Resource } from '../../kernel/resource.ts';
import { accept, closed, ignored } from '../../kernel/schema.ts';
import type { StatusSections } from '../../status.ts';
import { readableName } from '../readable-name.ts';
import { resourceHash } from '../resource-hash.ts';
import { arnOf } from '../arn.ts';
import { generatedName, toRecord } from './names.ts';
import { createLoadBalancer, type LoadBalancer, type LoadBalancerAttributes } from './load-balancer/load-balancer.ts';
import type { ListenerPorts } from './ports.ts';

const properties = Type.Object({
  Type: Type.Optional(Type.Literal('application')),
  Name: Type.Optional(Type.String()),
  // Without effect: the listeners are on 127.0.0.1 in both cases. Kept because a change replaces the load balancer.
  Scheme: Type.Optional(Type.Union([Type.Literal('internal'), Type.Literal('internet-facing')])),
  LoadBalancerAttributes: Type.Array(Type.Object({ Key: Type.String(), Value: Type.String() }), { default: [] }),
  ...ignored(
    'Everything on a laptop is reached over 127.0.0.1.',
    'IpAddressType SecurityGroups SubnetMappings Subnets',
  ),
  ...ignored('They describe the load balancer.', 'Tags'),
});

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html */
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
    ...ignored(
      'A listener here has no TLS, and load balancers speak HTTP/2 over TLS only.',
      'routing.http2.enabled routing.http.x_amzn_tls_version_and_cipher_suite.enabled',
    ),
    ...ignored(
      'A laptop has no zones, no public network and no firewall.',
      `load_balancing.cross_zone.enabled zonal_shift.config.enabled ipv6.deny_all_igw_traffic waf.fail_open.enabled`,
    ),
    ...ignored(
      'It concerns the resource at AWS, not requests.',
      `deletion_protection.enabled access_logs.s3.enabled access_logs.s3.bucket access_logs.s3.prefix
      connection_logs.s3.enabled connection_logs.s3.bucket connection_logs.s3.prefix`,
    ),
    ...ignored(
      'The Host header always reaches the target unchanged; the attribute only concerns a port other than the default.',
      'routing.http.preserve_host_header.enabled',
    ),
    ...ignored('It limits the age of connections, on which no request depends.', 'client_keep_alive.seconds'),
  },
  closed,
);

/** Source of replaceOn: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html */
export const loadBalancer = (
  host: Pick<Host, 'region' | 'accountId' | 'log'>,
  ports: ListenerPorts,
  loadBalancers: Handles<LoadBalancer>,
) =>
  defineResource('AWS::ElasticLoadBalancingV2::LoadBalancer', {
    properties,
    replaceOn: ['Name', 'Scheme', 'Type'],
    async up(resource, { isUp }) {
      const name = resource.properties.Name ?? generatedName(resource);
      const fullName = `app/${name}/${resourceHash(resource)}`;
      const arn = arnOf(host, 'elasticloadbalancing', `loadbalancer/${fullName}`);
      const shownName = resource.properties.Name ?? readableName(resource.logicalId);
      const created = createLoadBalancer(name, attributesOf(resource), host.log(shownName), isUp);
      // Known before there is a listener, since templates refer to it in DNSName.
      const httpPort = await ports(arn, 80);
      loadBalancers.set(arn, created);
      return {
        ref: arn,
        attributes: {
          LoadBalancerArn: arn,
          LoadBalancerName: name,
          LoadBalancerFullName: fullName,
          // `http://<DNSName>` reaches the listener on port 80, as on AWS.
          DNSName: `127.0.0.1:${httpPort}`,
          CanonicalHostedZoneID: 'Z000000000000000000000',
        },
        describe: (): Partial<StatusSections> => ({
          loadBalancers: [{ name: shownName, url: created.urls()[0] ?? '' }],
        }),
        async stop() {
          loadBalancers.delete(arn);
        },
      };
    },
    async update({ running }, next) {
      loadBalancers.get(running.ref).update(attributesOf(next));
      return running;
    },
  });

function attributesOf(resource: Resource<Static<typeof properties>>): LoadBalancerAttributes {
  const given = toRecord(resource.properties.LoadBalancerAttributes);
  const attribute = accept(resource, attributes, given, 'LoadBalancerAttributes');
  return {
    idleTimeoutMs: attribute['idle_timeout.timeout_seconds'] * 1000,
    dropInvalidNames: attribute['routing.http.drop_invalid_header_fields.enabled'],
    forwardedFor: attribute['routing.http.xff_header_processing.mode'],
    clientPort: attribute['routing.http.xff_client_port.enabled'],
  };
}
