import type { Server } from 'node:http';

import { Type, type Static } from 'typebox';

import type { Host } from '../../host/host.ts';
import { withAccessLog } from '../../http/access-log.ts';
import type { Hop } from '../../http/hop.ts';
import { closeServer, createHttpServer, listenOnLoopback } from '../../http/server.ts';
import { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { defineResource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import type { StatusSections } from '../../status.ts';
import type { LoadBalancer } from '../elbv2/load-balancer/load-balancer.ts';
import { resourceHash } from '../resource-hash.ts';
import { createEdge } from './edge.ts';
import { refusalPage } from './pages.ts';
import type { VpcOrigin } from './vpc-origin.ts';

/** How long requests under way may take to end when the system stops, in ms. */
const STOP_GRACE_MS = 2000;

/** How long a viewer's unused connection is kept, in ms.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const VIEWER_IDLE_MS = 600_000;

/** Limit of the request line and all headers together, in bytes. Source: cloudfront-limits.html#limits-general */
const MAX_REQUEST_BYTES = 32_768;

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
        ...ignored('The origin is in the same process.', 'OriginKeepaliveTimeout'),
      },
      closed,
    ),
    OriginPath: Type.Optional(Type.Literal('')),
    ...ignored('The origin is in the same process.', 'ConnectionAttempts ConnectionTimeout'),
  },
  closed,
);

const behavior = Type.Object(
  {
    TargetOriginId: Type.String(),
    CachePolicyId: Type.Literal(CACHING_DISABLED),
    OriginRequestPolicyId: Type.Literal(ALL_VIEWER_AND_CLOUDFRONT),
    AllowedMethods: Type.Array(Type.String(), { default: ['GET', 'HEAD'] }),
    ...ignored('The edge of a laptop serves plain HTTP; edge.ts says why.', 'ViewerProtocolPolicy'),
    ...ignored('They have no effect where nothing is cached.', 'CachedMethods Compress'),
  },
  closed,
);

const config = Type.Object(
  {
    Enabled: Type.Literal(true),
    Origins: Type.Array(origin, { minItems: 1, maxItems: 1 }),
    DefaultCacheBehavior: behavior,
    CacheBehaviors: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0 })),
    CustomErrorResponses: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0 })),
    DefaultRootObject: Type.Optional(Type.Literal('')),
    ...ignored('They concern viewers on the Internet.', 'Aliases HttpVersion IPV6Enabled PriceClass ViewerCertificate'),
    ...ignored('They describe the distribution or record its use.', 'Comment Logging'),
  },
  closed,
);

const properties = Type.Object({ DistributionConfig: config, ...ignored('They describe it.', 'Tags') });

interface Edge {
  readonly server: Server;
  hop: Hop;
}

/** What the CDN uses of the load balancers, by ARN. */
export type Origins = Pick<Handles<Pick<LoadBalancer, 'hop'>>, 'get'>;

interface DistributionOptions {
  readonly host: Pick<Host, 'edgePort' | 'log'>;
  readonly vpcOrigins: Handles<VpcOrigin>;
  readonly loadBalancers: Origins;
}

/** CloudFormation replaces it for no change.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-distribution.html */
export function distribution({ host, vpcOrigins, loadBalancers }: DistributionOptions) {
  const edges = new Handles<Edge>('distribution');

  /** Looks the load balancer up for each request: its listener may start later, and either may be replaced. */
  const toOrigin =
    (id: string): Hop =>
    async (request) => {
      const { loadBalancerArn, port } = vpcOrigins.get(id);
      return loadBalancers.get(loadBalancerArn).hop(port)(request);
    };

  function hopOf({ Origins, DefaultCacheBehavior }: Static<typeof config>, domainName: string): Hop {
    const { VpcOriginId, OriginReadTimeout } = Origins[0]!.VpcOriginConfig;
    const edge = createEdge(toOrigin(VpcOriginId), {
      domainName,
      allowedMethods: DefaultCacheBehavior.AllowedMethods,
      originTimeoutMs: OriginReadTimeout * 1000,
    });
    return withAccessLog(edge, host.log('edge'));
  }

  return defineResource('AWS::CloudFront::Distribution', {
    properties,
    label: () => 'edge',
    update: 'up',
    async up(resource) {
      const { DistributionConfig } = resource.properties;
      const id = `E${resourceHash(resource).toUpperCase().slice(0, 13)}`;
      const domainName = `${id.toLowerCase()}.cloudfront.net`;
      const hop = hopOf(DistributionConfig, domainName);
      const known = edges.find(id);
      if (known) known.hop = hop;
      else edges.set(id, await startEdge(hop, domainName, host.edgePort));
      const address = `127.0.0.1:${host.edgePort}`;
      return {
        ref: id,
        attributes: { Id: id, DomainName: address },
        describe: (): Partial<StatusSections> => ({ edge: `http://${address}` }),
        async stop() {
          const { server } = edges.get(id);
          edges.delete(id);
          await closeServer(server, STOP_GRACE_MS);
        },
      };
    },
  });
}

async function startEdge(hop: Hop, domainName: string, port: number): Promise<Edge> {
  const server = createHttpServer({
    hop: (request) => edge.hop(request),
    refuse: (fault) => refusalPage(fault, domainName),
    idleTimeoutMs: VIEWER_IDLE_MS,
    maxHeaderBytes: MAX_REQUEST_BYTES,
  });
  const edge: Edge = { server, hop };
  try {
    await listenOnLoopback(server, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Refusal(
      `Port ${port} of 127.0.0.1, on which the system is opened, is in use. Stop what uses it, or choose another: ` +
        'npm start -- --port N',
      { cause: error },
    );
  }
  return edge;
}
