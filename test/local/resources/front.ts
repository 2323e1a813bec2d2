import { createParts } from '../../../local/kernel/parts.ts';
import { createStatusBoard } from '../../../local/cli/status-board.ts';
import { freePort } from '../../../local/host/free-port.ts';
import { alb } from '../../../local/resources/elbv2/elbv2.ts';
import { cloudfront } from '../../../local/resources/cloudfront/cloudfront.ts';
import type { Identity, Resource, Runtime } from '../../../local/kernel/driver.ts';

type Properties = Record<string, unknown>;

/** Brings up single resources of the load balancer and the CDN, with as much of a runtime as they use. */
export async function createFront(edgePort?: number) {
  const stops: (() => Promise<void>)[] = [];
  const status = createStatusBoard();
  const unused = () => {
    throw new Error('not used by these drivers');
  };
  const runtime: Runtime = {
    stateDir: '/nowhere',
    region: 'eu-central-1',
    accountId: '000000000000',
    endpointUrl: '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    edgePort: edgePort ?? (await freePort()),
    stopping: new AbortController().signal,
    tls: { certFile: '', keyFile: '', caFile: '', ca: '' },
    assets: { image: unused, file: unused },
    parts: createParts(),
    ports: { reserve: () => freePort() },
    children: { add: unused, remove: unused },
    report: { starting: () => {}, ready: () => {}, event: () => {} },
    status,
    log: unused,
  };

  async function up(type: string, logicalId: string, properties: Properties): Promise<Identity> {
    const resource: Resource = { stack: 'services', logicalId, type, properties };
    const driver = [alb, cloudfront].find(({ types }) => types.includes(type))!;
    const identity = await driver.up(resource, runtime);
    if (identity.stop) stops.push(identity.stop);
    return identity;
  }

  const elb = (kind: string, logicalId: string, properties: Properties) =>
    up(`AWS::ElasticLoadBalancingV2::${kind}`, logicalId, properties);

  return {
    runtime,
    status,
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
    async stop() {
      for (const stop of stops.splice(0).toReversed()) await stop();
    },
  };
}
