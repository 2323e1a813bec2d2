import { request as httpRequest } from 'node:http';

import { endToEnd } from '../../http/headers.ts';
import { discard, HopTimeout, type Hop, type HopRequest, type HopResponse } from '../../http/hop.ts';
import type { Handles } from '../../kernel/handles.ts';
import { allowsService, type PolicyDocument } from '../s3/bucket-access.ts';
import { without } from './cache/stored.ts';

interface S3OriginOptions {
  readonly endpointUrl: string;
  readonly bucket: string;
  readonly distributionArn: string;
  /** By the bucket's name. */
  readonly policies: Handles<PolicyDocument>;
}

/**
 * Returns a bucket at the AWS endpoint as an origin with an origin access control. The endpoint checks no permissions, so the
 * bucket policy of the template is evaluated here. Without `s3:ListBucket`, an object that does not exist is a 403 too.
 * Source: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function s3Origin({ endpointUrl, bucket, distributionArn, policies }: S3OriginOptions): Hop {
  const arn = `arn:aws:s3:::${bucket}`;
  const may = (action: string, resource: string): boolean => {
    const policy = policies.find(bucket);
    return (
      policy !== undefined &&
      allowsService(policy, { service: 'cloudfront.amazonaws.com', sourceArn: distributionArn, action, resource })
    );
  };
  return async (request) => {
    // Without the query: it could name another API of S3, such as `?acl`.
    const [path = ''] = request.url.split('?', 1);
    const key = keyOf(path);
    if (key === undefined || !may('s3:GetObject', `${arn}/${key}`)) return accessDenied(request);
    const response = await send(request, new URL(`/${bucket}${path}`, endpointUrl));
    if (response.status !== 404 || may('s3:ListBucket', arn)) return response;
    discard(response);
    return accessDenied(request);
  };
}

/** Undefined for what names no object: a bucket, a path that is not in UTF-8, or one that leaves its folder. */
function keyOf(path: string): string | undefined {
  if (URL.parse(path, 'http://bucket')?.pathname !== path) return undefined;
  try {
    return decodeURIComponent(path.slice(1)) || undefined;
  } catch {
    return undefined;
  }
}

function accessDenied({ method }: HopRequest): HopResponse {
  const document =
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
  return {
    status: 403,
    headers: ['Content-Type', 'application/xml', 'Server', 'AmazonS3'],
    body: method === 'HEAD' ? '' : document,
  };
}

function send({ method, headers, signal, timeoutMs }: HopRequest, url: URL): Promise<HopResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HopResponse>();
  const outgoing = httpRequest(url, {
    method,
    headers: [...without(endToEnd(headers), 'host', 'x-forwarded-for', 'via'), 'Host', url.host],
    timeout: timeoutMs,
    signal,
  });
  outgoing.on('response', (incoming) => {
    const { statusCode = 502, statusMessage, rawHeaders } = incoming;
    resolve({ status: statusCode, statusText: statusMessage, headers: endToEnd(rawHeaders), body: incoming });
  });
  outgoing.on('timeout', () => outgoing.destroy(new HopTimeout(`no data for ${timeoutMs} ms`)));
  outgoing.on('error', reject);
  outgoing.end();
  return promise;
}
