import type { RawHeaders } from './hop.ts';

/** Headers of a single connection. Source: RFC 9110, section 7.6.1. `Expect` is handled by the first server. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Returns a test, by lower-case name, for the headers that a proxy must not forward: those of one connection and those
 * that `Connection` names.
 */
export function hopByHop(headers: RawHeaders): (name: string) => boolean {
  const named = namedByConnection(headers);
  return named ? (name) => HOP_BY_HOP.has(name) || named.has(name) : isHopByHop;
}

const isHopByHop = (name: string): boolean => HOP_BY_HOP.has(name);

/** Returns the headers that a proxy forwards. */
export function endToEnd(headers: RawHeaders): string[] {
  const result: string[] = [];
  const ofConnection = hopByHop(headers);
  for (let at = 0; at < headers.length; at += 2) {
    if (!ofConnection(headers[at]!.toLowerCase())) result.push(headers[at]!, headers[at + 1]!);
  }
  return result;
}

/** Returns all values of a header, in order. `name` is in lower case. */
export function headerValues(headers: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const each = headers[at]!;
    if (each.length === name.length && each.toLowerCase() === name) values.push(headers[at + 1]!);
  }
  return values;
}

/** Returns the first value of a header. `name` is in lower case. */
export function firstHeader(headers: RawHeaders, name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) {
    const each = headers[at]!;
    if (each.length === name.length && each.toLowerCase() === name) return headers[at + 1]!;
  }
  return undefined;
}

function namedByConnection(headers: RawHeaders): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (const value of headerValues(headers, 'connection')) {
    const options = value.toLowerCase();
    if (options === 'keep-alive' || options === 'close') continue;
    named ??= new Set();
    for (const option of options.split(',')) named.add(option.trim());
    // Without these the next server would read another request than this one did.
    named.delete('host');
    named.delete('content-length');
  }
  return named;
}
