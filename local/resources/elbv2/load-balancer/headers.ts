import { hopByHop } from '../../../http/headers.ts';
import type { HopRequest } from '../../../http/hop.ts';
import { randomHex } from '../../../http/random.ts';

/** Header names that AWS counts as valid. Source: `routing.http.drop_invalid_header_fields.enabled` */
const VALID_NAME = /^[-A-Za-z0-9]+$/;

/** The load balancer's attributes that concern headers. */
export interface HeaderOptions {
  readonly dropInvalidNames: boolean;
  readonly forwardedFor: 'append' | 'preserve' | 'remove';
  readonly clientPort: boolean;
  /** The listener's port as the template states it. */
  readonly listenerPort: number;
}

/**
 * Returns the headers that a target receives.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
 */
export function targetHeaders(request: HopRequest, options: HeaderOptions): string[] {
  const { headers, client, method, body } = request;
  const ofConnection = hopByHop(headers);
  const result: string[] = [];
  const forwardedFor: string[] = [];
  let trace: string | undefined;
  let hasLength = false;
  let hasHost = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]!;
    const lower = name.toLowerCase();
    const value = headers[at + 1]!;
    if (lower === 'x-forwarded-for') forwardedFor.push(value);
    else if (lower === 'x-amzn-trace-id') trace = value;
    else if (
      lower !== 'x-forwarded-proto' &&
      lower !== 'x-forwarded-port' &&
      !ofConnection(lower) &&
      (!options.dropInvalidNames || VALID_NAME.test(name))
    ) {
      hasLength ||= lower === 'content-length';
      hasHost ||= lower === 'host';
      result.push(name, value);
    }
  }
  // HTTP/1.0 has no Host, HTTP/1.1 to the target requires one.
  if (!hasHost) result.push('Host', '');
  if (body && !hasLength) result.push('Transfer-Encoding', 'chunked');
  // Without this Node would send the empty body of a POST in chunks.
  else if (!hasLength && method !== 'GET' && method !== 'HEAD') result.push('Content-Length', '0');
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

const withPort = ({ address, port }: HopRequest['client']): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** Keeps the client's root and adds the load balancer's own field. Source: load-balancer-request-tracing.html */
function traceId(received: string | undefined): string {
  const own = `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomHex(12)}`;
  if (!received) return `Root=${own}`;
  const fields = received.split(';').filter((field) => field !== '' && !field.startsWith('Self='));
  return fields.some((field) => field.startsWith('Root='))
    ? `Self=${own};${fields.join(';')}`
    : `Root=${own};${fields.join(';')}`;
}
