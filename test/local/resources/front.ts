import { Writable } from 'node:stream';

import { freePort } from '../../../local/host/free-port.ts';
import { Handles } from '../../../local/kernel/handles.ts';
import type { PolicyDocument } from '../../../local/resources/s3/bucket-access.ts';
import { joinSections } from '../../../local/status.ts';
import { cloudfront } from '../../../local/resources/cloudfront/cloudfront.ts';
import { wafv2 } from '../../../local/resources/wafv2/wafv2.ts';
import { elbv2 } from '../../../local/resources/elbv2/elbv2.ts';
import { createResources } from '../../support/resources.ts';

type Properties = Record<string, unknown>;

/** Brings up single resources of the load balancer and the CDN. */
export async function createFront(givenPort?: number, isUp?: () => boolean, endpointUrl = 'http://127.0.0.1:9') {
  const edgePort = givenPort ?? (await freePort());
  const logs = new Map<string, string[]>();
  const host = {
    region: 'eu-central-1',
    accountId: '000000000000',
    edgePort,
    endpointUrl,
    ports: { reserve: () => freePort() },
    log: (source: string) => {
      const lines: string[] = [];
      logs.set(source, lines);
      return new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()) });
    },
  };
  const { definitions, targetGroups, loadBalancers } = elbv2(host);
  const bucketPolicies = new Handles<PolicyDocument>('bucket policy');
  const firewall = wafv2(host);
  const resources = createResources(
    [
      ...definitions,
      ...firewall.definitions,
      ...cloudfront({ host, loadBalancers, bucketPolicies, webAcls: firewall.webAcls }).definitions,
    ],
    'services',
    isUp,
  );
  const known = new Set<string>();
  /** Brings a resource up, or updates the one of the same logical id. */
  const up = (type: string, logicalId: string, properties: Properties) => {
    const isKnown = known.has(logicalId);
    known.add(logicalId);
    return isKnown ? resources.update(type, logicalId, properties) : resources.up(type, logicalId, properties);
  };

  const elb = (kind: string, logicalId: string, properties: Properties) =>
    up(`AWS::ElasticLoadBalancingV2::${kind}`, logicalId, properties);

  return {
    /** The lines of each log, by its name. */
    logs,
    edgePort,
    host,
    targetGroups,
    bucketPolicies,
    up,
    status: async () => joinSections(await resources.describe()),
    label: resources.label,
    loadBalancer: (attributes: Record<string, string> = {}, more: Properties = {}) =>
      elb('LoadBalancer', 'Balancer', {
        Type: 'application',
        Scheme: 'internal',
        LoadBalancerAttributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
        ...more,
      }),
    listener: (LoadBalancerArn: string, more: Properties = {}) =>
      elb('Listener', 'Http', {
        LoadBalancerArn,
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [
          {
            Type: 'fixed-response',
            FixedResponseConfig: { StatusCode: '404', ContentType: 'application/json', MessageBody: '{"status":404}' },
          },
        ],
        ...more,
      }),
    rule: (ListenerArn: string, logicalId: string, more: Properties) =>
      elb('ListenerRule', logicalId, { ListenerArn, Priority: 1, ...more }),
    targetGroup: (logicalId: string, attributes: Record<string, string> = {}, more: Properties = {}) =>
      elb('TargetGroup', logicalId, {
        Port: 3000,
        Protocol: 'HTTP',
        TargetType: 'ip',
        HealthCheckPath: '/health',
        TargetGroupAttributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
        ...more,
      }),
    vpcOrigin: (Arn: string, more: Properties = {}) =>
      up('AWS::CloudFront::VpcOrigin', 'Origin', {
        VpcOriginEndpointConfig: {
          Arn,
          Name: 'origin',
          OriginProtocolPolicy: 'http-only',
          OriginSSLProtocols: ['TLSv1.2'],
          ...more,
        },
      }),
    distribution: (
      VpcOriginId: string,
      { behavior = {}, config = {} }: { behavior?: Properties; config?: Properties } = {},
    ) =>
      up('AWS::CloudFront::Distribution', 'Distribution', {
        DistributionConfig: {
          Enabled: true,
          HttpVersion: 'http2',
          IPV6Enabled: true,
          // As in the templates: without them, CloudFront stores errors for 10 s.
          CustomErrorResponses: [403, 404, 502, 503].map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: 0 })),
          DefaultCacheBehavior: {
            TargetOriginId: 'origin',
            AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
            CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
            OriginRequestPolicyId: '33f36d7e-f396-46d9-90e0-52428a34d9dc',
            ViewerProtocolPolicy: 'redirect-to-https',
            Compress: true,
            ...behavior,
          },
          Origins: [
            { Id: 'origin', DomainName: '127.0.0.1:80', VpcOriginConfig: { VpcOriginId, OriginKeepaliveTimeout: 55 } },
          ],
          ...config,
        },
      }),
    stop: () => resources.stop(),
  };
}
