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

const viewers = new WeakMap<IncomingMessage, string>();

/** Returns the address of the viewer of a request that `readViewer` has read; undefined for a call of another service. */
export const viewerOf = (request: IncomingMessage): string | undefined => viewers.get(request);

/**
 * Returns whether a request comes from the internet, not from another service. CloudFront sends `CloudFront-Viewer-Address`
 * with every request and replaces one that a viewer has sent; a call from a service does not pass CloudFront.
 *
 * For a request from the internet, the forwarded headers are set to what CloudFront says of the viewer. The load balancer
 * says of the viewer's protocol how CloudFront connected, which is never by TLS; and `X-Forwarded-For` begins with what the
 * viewer claims and ends in addresses of CloudFront.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
 */
export function readViewer(request: IncomingMessage): boolean {
  const { headers, socket } = request;
  const peer = socket.remoteAddress ?? '';
  if (!isPrivate(peer)) {
    viewers.set(request, peer);
    return true;
  }
  const viewer = headers['cloudfront-viewer-address'];
  const protocol = headers['cloudfront-forwarded-proto'];
  if (protocol !== undefined) headers['x-forwarded-proto'] = protocol;
  if (typeof viewer !== 'string') return false;
  // An address and a port. One of version 6 has no brackets.
  const address = viewer.slice(0, viewer.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
  const isValid = isIP(address) !== 0;
  viewers.set(request, isValid ? address : peer);
  if (isValid) headers['x-forwarded-for'] = address;
  else delete headers['x-forwarded-for'];
  return true;
}

/**
 * Returns the client that an address belongs to: of version 6 it is the network, the first 64 bits, because one line has all
 * addresses of it (RFC 6177 and https://www.ripe.net/publications/docs/ripe-690/).
 */
export function clientOf(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  // The last two groups may be written as an address of version 4; they are no part of the network.
  const parts = address.replace(/[\d.]+\.\d+$/, '0:0').split('::');
  const [head = [], tail = []] = parts.map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  const network = [...head, ...zeros, ...tail].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
