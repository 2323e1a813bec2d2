import type { HopRequest } from '../../../../local/http/hop.ts';
import type { Behavior } from '../../../../local/resources/cloudfront/behaviors.ts';
import type { EdgeOptions } from '../../../../local/resources/cloudfront/edge.ts';
import { cachingDisabled } from '../../../../local/resources/cloudfront/policies/cache-policy.ts';
import {
  allViewerAndCloudFront,
  noOriginRequestPolicy,
} from '../../../../local/resources/cloudfront/policies/origin-request-policy.ts';

export const domainName = 'd111.cloudfront.net';
/** Of the behaviour that passes everything on and stores nothing. */
export const behavior: Behavior = {
  targetOriginId: 'origin',
  allowedMethods: ['GET', 'HEAD', 'POST'],
  viewerProtocolPolicy: 'redirect-to-https',
  cachePolicy: cachingDisabled,
  originRequestPolicy: allViewerAndCloudFront,
  compress: false,
};
export const caching = { ...cachingDisabled, maxTtlMs: 60_000 };
/** Of the behaviour that stores what the origin says. */
export const storing: Behavior = { ...behavior, cachePolicy: caching, originRequestPolicy: noOriginRequestPolicy };
export const options: EdgeOptions = {
  domainName,
  url: 'http://127.0.0.1:8080',
  behaviorOf: () => behavior,
  errorTtlMs: () => 0,
  isUp: () => true,
};

export const get = (more: Partial<HopRequest> = {}): HopRequest => ({
  method: 'GET',
  url: '/',
  headers: ['Host', 'localhost:8080'],
  body: undefined,
  bodyArrived: () => true,
  client: { address: '127.0.0.1', port: 50_000 },
  signal: new AbortController().signal,
  ...more,
});

export const asObject = (raw: readonly string[]) =>
  Object.fromEntries(
    Array.from({ length: raw.length / 2 }, (_, index) => raw.slice(index * 2, index * 2 + 2)) as [string, string][],
  );
