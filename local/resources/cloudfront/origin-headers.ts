import { hopByHop } from '../../http/headers.ts';
import type { HopRequest, RawHeaders } from '../../http/hop.ts';

/**
 * Whether CloudFront removes a header beside those of one connection.
 * Source: RequestAndResponseBehaviorCustomOrigin.html#request-custom-headers-behavior
 */
const isRemoved = (name: string): boolean =>
  ['x-amz-cf-id', 'x-forwarded-proto', 'x-http-method-override', 'x-real-ip'].includes(name) ||
  /^(?:x-edge|cloudfront)-/.test(name);

/**
 * Returns what the origin receives of a viewer's headers, and those of CloudFront's own that are known on a laptop.
 * `CloudFront-Viewer-Address` is the address of the viewer, which no viewer can forge: CloudFront replaces all headers of
 * that prefix. `X-Forwarded-For` begins with what the viewer claims.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
 *
 * @param adds whether the policies include a header of CloudFront's own, by lower-case name
 */
export function originHeaders(
  headers: RawHeaders,
  { address, port }: HopRequest['client'],
  via: string,
  id: string,
  adds: (name: string) => boolean = () => true,
): string[] {
  const ofConnection = hopByHop(headers);
  const result: string[] = [];
  const forwardedFor: string[] = [];
  const hops: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const lower = headers[at]!.toLowerCase();
    const value = headers[at + 1]!;
    if (lower === 'x-forwarded-for') forwardedFor.push(value);
    else if (lower === 'via') hops.push(value);
    else if (!ofConnection(lower) && !isRemoved(lower)) result.push(headers[at]!, value);
  }
  result.push('X-Forwarded-For', [...forwardedFor, address].join(', '));
  if (adds('cloudfront-viewer-address')) result.push('CloudFront-Viewer-Address', `${address}:${port ?? 0}`);
  if (adds('cloudfront-forwarded-proto')) result.push('CloudFront-Forwarded-Proto', 'http');
  result.push('Via', [...hops, via].join(', '), 'X-Amz-Cf-Id', id);
  return result;
}
