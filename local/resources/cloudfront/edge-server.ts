import type { Server } from 'node:http';

import type { Hop } from '../../http/hop.ts';
import { createHttpServer } from '../../http/server.ts';
import { refusalPage } from './pages.ts';

/**
 * Limits of a viewer's connection. CloudFront publishes the first and the last one; that it cuts off slow clients is
 * documented (docs.aws.amazon.com/whitepapers/latest/aws-best-practices-ddos-resiliency), but not after what time, so the
 * other two are this repository's: a browser sends headers in one packet, and a large upload within minutes.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
export const viewerLimits = {
  /** How long an unused connection is kept, in ms. */
  idleTimeoutMs: 600_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 300_000,
  /** Of the request line and all headers together, in bytes. */
  maxHeaderBytes: 32_768,
};

/** @param limits shorter times, for tests */
export const createEdgeServer = (hop: Hop, domainName: string, limits = viewerLimits): Server =>
  createHttpServer({ hop, refuse: (fault) => refusalPage(fault, domainName), ...limits });
