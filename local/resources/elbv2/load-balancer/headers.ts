import type { RawHeaders } from '../../../http/exchange.ts';
import { randomHex } from '../../../http/random.ts';

/** What concerns one connection only. Source: RFC 9110, section 7.6.1; Expect is answered by whoever is asked first. */
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

/** Header names that AWS counts as valid. Source: `routing.http.drop_invalid_header_fields.enabled` */
const VALID_NAME = /^[-A-Za-z0-9]+$/;

/** How the load balancer's attributes have headers treated. */
export interface HeaderOptions {
  readonly dropInvalidNames: boolean;
  readonly forwardedFor: 'append' | 'preserve' | 'remove';
  readonly clientPort: boolean;
  /** The listener's port as the template states it. */
  readonly listenerPort: number;
}

/** The headers a target gets. Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html */
export function targetHeaders(
  headers: RawHeaders,
  client: { readonly address: string; readonly port: number | undefined; readonly method: string },
  options: HeaderOptions,
): string[] {
  const result: string[] = [];
  const forwardedFor: string[] = [];
  const named = namedByConnection(headers);
  let trace: string | undefined;
  let framed = false;
  let addressed = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]!;
    const lower = name.toLowerCase();
    const value = headers[at + 1]!;
    if (lower === 'x-forwarded-for') forwardedFor.push(value);
    else if (lower === 'x-amzn-trace-id') trace = value;
    else if (lower === 'transfer-encoding') {
      framed = true;
      result.push('Transfer-Encoding', 'chunked');
    } else if (
      lower !== 'x-forwarded-proto' &&
      lower !== 'x-forwarded-port' &&
      !HOP_BY_HOP.has(lower) &&
      !named?.has(lower) &&
      (!options.dropInvalidNames || VALID_NAME.test(name))
    ) {
      framed ||= lower === 'content-length';
      addressed ||= lower === 'host';
      result.push(name, value);
    }
  }
  // HTTP/1.0 does without; towards the target it is HTTP/1.1, which does not.
  if (!addressed) result.push('Host', '');
  // Without this Node would send the empty body of a POST in chunks.
  if (!framed && client.method !== 'GET' && client.method !== 'HEAD') result.push('Content-Length', '0');
  if (options.forwardedFor === 'append') {
    forwardedFor.push(options.clientPort ? withPort(client) : client.address);
  }
  if (options.forwardedFor !== 'remove' && forwardedFor.length > 0) {
    result.push('X-Forwarded-For', forwardedFor.join(', '));
  }
  result.push('X-Forwarded-Proto', 'http', 'X-Forwarded-Port', String(options.listenerPort));
  result.push('X-Amzn-Trace-Id', traceId(trace), 'Connection', 'keep-alive');
  return result;
}

/** The headers a client gets of a target's answer. */
export function clientHeaders(headers: RawHeaders, setCookies: readonly string[], more: RawHeaders): string[] {
  const result: string[] = [];
  const named = namedByConnection(headers);
  for (let at = 0; at < headers.length; at += 2) {
    const lower = headers[at]!.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !named?.has(lower)) result.push(headers[at]!, headers[at + 1]!);
  }
  for (const cookie of setCookies) result.push('Set-Cookie', cookie);
  if (more.length > 0) result.push(...more);
  return result;
}

/** Headers that `Connection` declares to be for one hop; `close` and `keep-alive` are no headers. */
function namedByConnection(headers: RawHeaders): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]!.length !== 10 || headers[at]!.toLowerCase() !== 'connection') continue;
    const value = headers[at + 1]!.toLowerCase();
    if (value === 'keep-alive' || value === 'close') continue;
    named ??= new Set();
    for (const option of value.split(',')) named.add(option.trim());
    // Without these the next hop would read another request than this one did.
    named.delete('host');
    named.delete('content-length');
  }
  return named;
}

const withPort = ({ address, port }: { readonly address: string; readonly port: number | undefined }): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** Keeps the client's root, adds the load balancer's own field. Source: load-balancer-request-tracing.html */
function traceId(received: string | undefined): string {
  const own = `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomHex(12)}`;
  if (!received) return `Root=${own}`;
  const fields = received.split(';').filter((field) => field !== '' && !field.startsWith('Self='));
  return fields.some((field) => field.startsWith('Root='))
    ? `Self=${own};${fields.join(';')}`
    : `Root=${own};${fields.join(';')}`;
}
