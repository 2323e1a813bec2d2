import { Type } from 'typebox';
import { createEdge } from './edge.ts';
import type { Driver, Identity, Resource, Runtime } from '../../kernel/driver.ts';
import { closeServer, createHttpServer, listenOnLoopback } from '../../http/server.ts';
import { refusalPage } from './pages.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { accept } from '../../kernel/accept.ts';
import { resourceHash } from '../elbv2/elbv2.ts';

declare module '../../kernel/driver.ts' {
  interface PartTypes {
    'vpc-origin': VpcOrigin;
  }
}

interface VpcOrigin {
  readonly loadBalancerArn: string;
  /** The listener's port, as the template states it. */
  readonly port: number;
}

/** The CDN in front of the load balancer, in the runtime's own process. */
export const cloudfront: Driver = {
  types: ['AWS::CloudFront::VpcOrigin', 'AWS::CloudFront::Distribution'],
  up: (resource, runtime) =>
    resource.type === 'AWS::CloudFront::VpcOrigin' ? upVpcOrigin(resource, runtime) : upDistribution(resource, runtime),
};

/** How long exchanges under way may take to end when the system stops, in ms. */
const STOP_GRACE_MS = 2000;

/** How long a viewer's unused connection is kept, in ms.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const VIEWER_IDLE_MS = 600_000;

/** Limit of the request line and all headers together, in bytes. Source: cloudfront-limits.html#limits-general */
const MAX_REQUEST_BYTES = 32_768;

const only = { additionalProperties: false };

const vpcOrigin = Type.Object(
  {
    VpcOriginEndpointConfig: Type.Object(
      {
        Arn: Type.String(),
        Name: Type.Optional(Type.Unknown()),
        HTTPPort: Type.Number({ default: 80 }),
        // Viewers speak HTTP here, so `match-viewer` is HTTP too.
        OriginProtocolPolicy: Type.Optional(Type.Union([Type.Literal('http-only'), Type.Literal('match-viewer')])),
        HTTPSPort: Type.Optional(Type.Unknown()),
        OriginSSLProtocols: Type.Optional(Type.Unknown()),
      },
      only,
    ),
    Tags: Type.Optional(Type.Unknown()),
  },
  only,
);

/** Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
/** Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html */
const ALL_VIEWER_AND_CLOUDFRONT = '33f36d7e-f396-46d9-90e0-52428a34d9dc';

const origin = Type.Object(
  {
    Id: Type.String(),
    DomainName: Type.String(),
    VpcOriginConfig: Type.Object(
      {
        VpcOriginId: Type.String(),
        // Source of the default: docs.aws.amazon.com/AmazonCloudFront/latest/APIReference/API_VpcOriginConfig.html
        OriginReadTimeout: Type.Number({ default: 30 }),
        OriginKeepaliveTimeout: Type.Optional(Type.Unknown()),
      },
      only,
    ),
    OriginPath: Type.Optional(Type.Literal('')),
    // There is no connection to be tried: the origin is in the same process.
    ConnectionAttempts: Type.Optional(Type.Unknown()),
    ConnectionTimeout: Type.Optional(Type.Unknown()),
  },
  only,
);

const behavior = Type.Object(
  {
    TargetOriginId: Type.String(),
    CachePolicyId: Type.Literal(CACHING_DISABLED),
    OriginRequestPolicyId: Type.Literal(ALL_VIEWER_AND_CLOUDFRONT),
    AllowedMethods: Type.Array(Type.String(), { default: ['GET', 'HEAD'] }),
    // See createEdge for why none of its values changes anything here.
    ViewerProtocolPolicy: Type.Optional(Type.Unknown()),
    // Neither has an effect where nothing is cached.
    CachedMethods: Type.Optional(Type.Unknown()),
    Compress: Type.Optional(Type.Unknown()),
  },
  only,
);

const distribution = Type.Object(
  {
    DistributionConfig: Type.Object(
      {
        Enabled: Type.Literal(true),
        Origins: Type.Array(origin, { minItems: 1, maxItems: 1 }),
        DefaultCacheBehavior: behavior,
        CacheBehaviors: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0 })),
        CustomErrorResponses: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0 })),
        DefaultRootObject: Type.Optional(Type.Literal('')),
        // How viewers on the Internet reach it, and what is written down about them.
        Aliases: Type.Optional(Type.Unknown()),
        Comment: Type.Optional(Type.Unknown()),
        HttpVersion: Type.Optional(Type.Unknown()),
        IPV6Enabled: Type.Optional(Type.Unknown()),
        Logging: Type.Optional(Type.Unknown()),
        PriceClass: Type.Optional(Type.Unknown()),
        ViewerCertificate: Type.Optional(Type.Unknown()),
      },
      only,
    ),
    Tags: Type.Optional(Type.Unknown()),
  },
  only,
);

async function upVpcOrigin(resource: Resource, { parts, accountId }: Runtime): Promise<Identity> {
  const { VpcOriginEndpointConfig: stated } = accept(resource, vpcOrigin, resource.properties);
  const id = `vo_${resourceHash(resource)}`;
  parts.set('vpc-origin', id, { loadBalancerArn: stated.Arn, port: stated.HTTPPort });
  return {
    ref: id,
    attributes: { Id: id, Arn: `arn:aws:cloudfront::${accountId}:vpcorigin/${id}`, Status: 'Deployed' },
  };
}

async function upDistribution(resource: Resource, runtime: Runtime): Promise<Identity> {
  const { DistributionConfig: config } = accept(resource, distribution, resource.properties);
  const { VpcOriginConfig } = config.Origins[0]!;
  const { loadBalancerArn, port } = runtime.parts.get('vpc-origin', VpcOriginConfig.VpcOriginId);
  const loadBalancer = runtime.parts.get('load-balancer', loadBalancerArn);
  const id = `E${resourceHash(resource).toUpperCase().slice(0, 13)}`;
  const domainName = `127.0.0.1:${runtime.edgePort}`;
  const url = `http://${domainName}`;

  runtime.report.starting('edge');
  const viaName = `${id.toLowerCase()}.cloudfront.net`;
  const hop = createEdge(loadBalancer.hop(port), {
    domainName: viaName,
    allowedMethods: config.DefaultCacheBehavior.AllowedMethods,
    originTimeoutMs: VpcOriginConfig.OriginReadTimeout * 1000,
  });
  const server = createHttpServer({
    hop,
    refuse: (fault) => refusalPage(fault, viaName),
    idleTimeoutMs: VIEWER_IDLE_MS,
    maxHeaderBytes: MAX_REQUEST_BYTES,
  });
  await listenOnLoopback(server, runtime.edgePort).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Refusal(
      `Port ${runtime.edgePort} of 127.0.0.1, where the system is to be opened, is in use. Stop what uses it, or choose another: npm start -- --port N`,
      { cause: error },
    );
  });
  runtime.status.add('edge', async () => url);
  runtime.report.ready('edge');
  return {
    ref: id,
    attributes: { Id: id, DomainName: domainName },
    label: 'edge',
    stop: () => closeServer(server, STOP_GRACE_MS),
  };
}
