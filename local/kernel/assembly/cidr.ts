/**
 * Returns the first `count` subnets of an IPv4 block, each with `hostBits` host bits, as `Fn::Cidr` does: 8 host bits
 * are a /24.
 *
 * @throws Error for an invalid block, and for one that is too small
 */
export function subnets(block: string, count: number, hostBits: number): string[] {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(block);
  const numbers = (match ?? []).slice(1).map(Number);
  const prefix = numbers[4] ?? 33;
  if (prefix > 32 || numbers.slice(0, 4).some((octet) => octet > 255)) throw new Error(`${block} is not an IPv4 block`);
  if (!Number.isInteger(count) || count < 1 || count > 256)
    throw new Error(`the number of subnets is ${count}, not 1 to 256`);
  if (!Number.isInteger(hostBits) || hostBits < 1 || hostBits > 32)
    throw new Error(`the number of host bits is ${hostBits}, not 1 to 32`);
  const size = 2 ** hostBits;
  const blockSize = 2 ** (32 - prefix);
  if (count * size > blockSize) throw new Error(`${block} is too small for ${count} subnets of ${hostBits} host bits`);
  const address = numbers.slice(0, 4).reduce((sum, octet) => sum * 256 + octet, 0);
  const base = address - (address % blockSize);
  return Array.from({ length: count }, (_, i) => `${dotted(base + i * size)}/${32 - hostBits}`);
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
