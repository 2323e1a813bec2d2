import { isIPv4 } from 'node:net';

/** An IPv4 range: its first address as a number, and the number of its addresses. */
interface Range {
  readonly first: number;
  readonly size: number;
}

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((range) => parsed(range)!);

/**
 * Returns why this cannot be the range of a VPC; undefined when it can. A VPC is a /16 at most, and the subnets of three
 * zones do not fit in less than a /17.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
 */
export function vpcRangeFault(cidr: string): string | undefined {
  const range = parsed(cidr);
  const advice = 'give a private range of /16 or /17, such as 10.1.0.0/16';
  if (!range || !/\/1[67]$/.test(cidr)) return advice;
  if (!privateRanges.some((each) => contains(each, range))) return advice;
  const surplus = range.first % range.size;
  return surplus === 0
    ? undefined
    : `an address within a range: give the range, ${text(range.first - surplus)}/${cidr.slice(-2)}`;
}

/** Whether two ranges, in the form `10.0.0.0/16`, have addresses in common. */
export function overlap(a: string, b: string): boolean {
  const [one, other] = [parsed(a), parsed(b)];
  if (!one || !other) return false;
  return one.first < other.first + other.size && other.first < one.first + one.size;
}

function parsed(cidr: string): Range | undefined {
  const [address = '', bits = '', ...rest] = cidr.split('/');
  if (!isIPv4(address) || !/^(\d|[12]\d|3[0-2])$/.test(bits) || rest.length > 0) return undefined;
  const first = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return { first, size: 2 ** (32 - Number(bits)) };
}

const contains = (outer: Range, inner: Range): boolean =>
  inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;

const text = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
