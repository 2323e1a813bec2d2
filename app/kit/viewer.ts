import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const privateAddresses = new BlockList();
privateAddresses.addSubnet('127.0.0.0', 8);
privateAddresses.addSubnet('10.0.0.0', 8);
privateAddresses.addSubnet('172.16.0.0', 12);
privateAddresses.addSubnet('192.168.0.0', 16);
privateAddresses.addAddress('::1', 'ipv6');
privateAddresses.addSubnet('fc00::', 7, 'ipv6');

/** Returns whether an address is inside the VPC, such as the load balancer's; only such a peer's headers are trusted. */
export function isPrivate(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && privateAddresses.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Returns whether a request comes from the internet, not from another service. CloudFront sends `CloudFront-Viewer-Address`
 * with every request and replaces one that a viewer has sent; a call from a service does not pass CloudFront.
 *
 * For a request from the internet, the forwarded headers are set to what CloudFront says of the viewer. The load balancer
 * says of the viewer's protocol how CloudFront connected, which is never by TLS; and `X-Forwarded-For` begins with what the
 * viewer claims and ends in addresses of CloudFront.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
 */
export function readViewer({ headers, socket }: IncomingMessage): boolean {
  if (!isPrivate(socket.remoteAddress ?? '')) return true;
  const viewer = headers['cloudfront-viewer-address'];
  const protocol = headers['cloudfront-forwarded-proto'];
  if (protocol !== undefined) headers['x-forwarded-proto'] = protocol;
  if (typeof viewer !== 'string') return false;
  // An address and a port. One of version 6 has no brackets.
  const address = viewer.slice(0, viewer.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) === 0) delete headers['x-forwarded-for'];
  else headers['x-forwarded-for'] = address;
  return true;
}
