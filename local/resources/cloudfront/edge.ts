import type { Server } from 'node:http';
import type { Exchange, RawHeaders } from '../../http/exchange.ts';
import { createHttpServer } from '../../http/server.ts';
import { randomHex } from '../../http/random.ts';

export interface EdgeOptions {
  /** The distribution's own host name, which `Via` tells. */
  readonly domainName: string;
  readonly allowedMethods: readonly string[];
  /** How long the origin may take, in ms. */
  readonly originTimeoutMs: number;
  /** The origin, or undefined while there is none. */
  readonly origin: () => { handle(exchange: Exchange): void } | undefined;
}

/** How long a viewer's unused connection is kept, in ms. Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const VIEWER_IDLE_MS = 600_000;

/** Longest URL, in bytes.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustomMaxRequestStringLength */
const MAX_URL = 8192;

/**
 * The CDN's server, as the viewer sees it. It speaks plain HTTP whatever the viewer protocol policy is: a browser would
 * be redirected to a certificate it does not trust, and on loopback nobody else listens.
 *
 * Unlike CloudFront it does not ask the origin again for a GET that had no answer in time.
 */
export function createEdge(options: EdgeOptions): Server {
  const via = `1.1 ${options.domainName} (CloudFront)`;
  return createHttpServer(VIEWER_IDLE_MS, (viewer) => {
    const id = randomHex(28);
    const refusal = refuse(viewer, options.allowedMethods);
    const origin = options.origin();
    if (refusal || !origin) {
      answerError(viewer, refusal ?? 502, via, id);
      return;
    }
    origin.handle({
      ...viewer,
      headers: originHeaders(viewer.headers, viewer.address, via, id),
      addToAnswer: ['X-Cache', 'Miss from cloudfront', 'Via', via, 'X-Amz-Cf-Id', id],
      timeoutMs: options.originTimeoutMs,
    });
  });
}

function refuse({ request }: Exchange, allowedMethods: readonly string[]): number | undefined {
  if (!allowedMethods.includes(request.method ?? '')) return 403;
  if ((request.url?.length ?? 0) > MAX_URL) return 413;
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (request.method === 'GET' && (length !== '0' || encoding)) return 403;
  return undefined;
}

/** Source: RequestAndResponseBehaviorCustomOrigin.html#request-custom-headers-behavior */
const REMOVED = new Set([
  'connection',
  'expect',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'x-amz-cf-id',
  'x-forwarded-proto',
  'x-http-method-override',
  'x-real-ip',
]);

/**
 * What the origin gets of a viewer's headers, and those of CloudFront's own that can be told on a laptop. The address
 * CloudFront saw is appended to X-Forwarded-For, so the last but one address at the service, behind the load balancer's
 * own, is one that no viewer can make up.
 */
export function originHeaders(headers: RawHeaders, address: string, via: string, id: string): string[] {
  const result: string[] = [];
  const forwardedFor: string[] = [];
  const hops: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const lower = headers[at]!.toLowerCase();
    const value = headers[at + 1]!;
    if (lower === 'x-forwarded-for') forwardedFor.push(value);
    else if (lower === 'via') hops.push(value);
    else if (!REMOVED.has(lower) && !lower.startsWith('x-edge-') && !lower.startsWith('cloudfront-'))
      result.push(headers[at]!, value);
  }
  result.push('X-Forwarded-For', [...forwardedFor, address].join(', '));
  result.push('CloudFront-Forwarded-Proto', 'http');
  result.push('Via', [...hops, via].join(', '), 'X-Amz-Cf-Id', id);
  return result;
}

function answerError({ request, response }: Exchange, status: number, via: string, id: string): void {
  request.resume();
  const body = `<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>${status} ERROR</H1></BODY></HTML>\n`;
  const headers = ['Server', 'CloudFront', 'Content-Type', 'text/html', 'Content-Length', String(body.length)];
  headers.push('X-Cache', 'Error from cloudfront', 'Via', via, 'X-Amz-Cf-Id', id);
  if (status === 413) headers.push('Connection', 'close');
  response.writeHead(status, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}
