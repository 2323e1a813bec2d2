import type { Server } from 'node:http';

import { Type } from 'typebox';

import type { Host } from '../../host/host.ts';
import { withAccessLog } from '../../http/access-log.ts';
import type { Hop } from '../../http/hop.ts';
import { closeServer, listenOnLoopback } from '../../http/server.ts';
import { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import type { StatusSections } from '../../status.ts';
import { arnOf } from '../arn.ts';
import { resourceHash } from '../resource-hash.ts';
import type { WebAcl } from '../wafv2/web-acl.ts';
import { readBehaviors, type Policies } from './behavior-reader.ts';
import { chooseBehavior } from './behaviors.ts';
import { distributionConfig, type DistributionConfig } from './distribution-config.ts';
import { createEdgeServer } from './edge-server.ts';
import { createEdge } from './edge.ts';
import { readTargets, targetFaults, type OriginParts } from './origin-reader.ts';

/** How long requests under way may take to end when the system stops, in ms. */
const STOP_GRACE_MS = 2000;

/** Source: custom-error-pages-expiration.html */
const DEFAULT_ERROR_TTL_MS = 10_000;

const properties = Type.Object({ DistributionConfig: distributionConfig, ...ignored('They describe it.', 'Tags') });

interface Edge {
  readonly server: Server;
  hop: Hop;
}

interface DistributionOptions {
  readonly host: Pick<Host, 'edgePort' | 'accountId' | 'log' | 'endpointUrl'>;
  readonly policies: Policies;
  readonly origins: OriginParts;
  readonly webAcls: Handles<WebAcl>;
}

/** CloudFormation replaces it for no change.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-distribution.html */
export function distribution({ host, policies, origins, webAcls }: DistributionOptions) {
  const edges = new Handles<Edge>('distribution');

  /** Looks the web ACL up for each request, because it may be updated. */
  function behind(arn: string, edge: Hop): Hop {
    if (arn === '') return edge;
    webAcls.get(arn);
    return async (request) => webAcls.find(arn)?.(request) ?? edge(request);
  }

  function hopOf(key: string, config: DistributionConfig, id: string, isUp: () => boolean): Hop {
    const faults: string[] = [];
    const distributionArn = arnOf({ region: '', accountId: host.accountId }, 'cloudfront', `distribution/${id}`);
    const { endpointUrl } = host;
    const targets = readTargets(config, { ...origins, endpointUrl, distributionArn }, faults);
    const { otherwise, behaviors } = readBehaviors(config, policies, faults);
    for (const behavior of [otherwise, ...behaviors]) faults.push(...targetFaults(behavior, targets));
    if (faults.length > 0)
      throw new Refusal(`${key} cannot be run here as the template declares it:\n- ${faults.join('\n- ')}`);
    const errorTtlMs = new Map(
      config.CustomErrorResponses.map(({ ErrorCode, ErrorCachingMinTTL }) => [ErrorCode, ErrorCachingMinTTL * 1000]),
    );
    const edge = createEdge((target) => targets.get(target)!, {
      domainName: domainNameOf(id),
      url: `http://127.0.0.1:${host.edgePort}`,
      behaviorOf: chooseBehavior(behaviors, otherwise),
      errorTtlMs: (status) => errorTtlMs.get(status) ?? DEFAULT_ERROR_TTL_MS,
      isUp,
    });
    return withAccessLog(behind(config.WebACLId, edge), host.log('edge'));
  }

  return defineResource('AWS::CloudFront::Distribution', {
    properties,
    label: () => 'edge',
    update: 'up',
    async up(resource, { isUp }) {
      const { DistributionConfig } = resource.properties;
      const id = `E${resourceHash(resource).toUpperCase().slice(0, 13)}`;
      const hop = hopOf(resource.key, DistributionConfig, id, isUp);
      const known = edges.find(id);
      if (known) known.hop = hop;
      else edges.set(id, await startEdge(hop, domainNameOf(id), host.edgePort));
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

const domainNameOf = (id: string): string => `${id.toLowerCase()}.cloudfront.net`;

async function startEdge(hop: Hop, domainName: string, port: number): Promise<Edge> {
  const server = createEdgeServer((request) => edge.hop(request), domainName);
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
