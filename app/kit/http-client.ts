import { threshold, type Breakers } from './breaker.ts';
import { DependencyError, overloaded } from './problem.ts';
import { inSpan, type Attributes } from './telemetry/spans.ts';
import { createTimeOuts } from './time-outs.ts';
import { traceHeaders } from './trace-context.ts';

export interface HttpClient {
  /**
   * Returns the response, whatever its status below 500; a status of 500 and above is a failure.
   * @throws DependencyError if there is no usable response in time, or at once while the circuit is open
   */
  request(method: string, path: string, more?: RequestParts): Promise<{ status: number; json: unknown }>;
}

export interface RequestParts {
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * What a customer chose or is, and what may alone be why the dependency does not respond, such as a card. Time-outs that
   * share one of these open the circuit no sooner than one of them would.
   * @default - nothing: each time-out counts
   */
  readonly causes?: readonly string[];
}

/**
 * Creates a client for one dependency. After 5 consecutive failures it fails at once for 30 s, then lets one request probe. That a
 * service is overloaded is no failure: it is there.
 * It never retries: only the caller knows what may be sent twice.
 */
export function createHttpClient(options: {
  name: string;
  baseUrl: string;
  timeoutMs: number;
  breakers: Breakers;
}): HttpClient {
  const breaker = options.breakers.create({
    name: options.name,
    probeAfterMs: 30_000,
    counts: (error) => !(error instanceof Uncounted),
  });
  const timeOuts = createTimeOuts(threshold);
  const { hostname, port, protocol } = new URL(options.baseUrl);
  // No `url.full`: paths have the ids of orders and users.
  const describe = (method: string) => ({
    name: method,
    kind: 'CLIENT' as const,
    attributes: {
      'http.request.method': method,
      'server.address': hostname,
      'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
      'service.peer.name': options.name,
    },
  });

  return {
    async request(method, path, { json, headers, causes = [] } = {}) {
      const send = async (attributes: Attributes) => {
        const response = await fetch(options.baseUrl + path, {
          method,
          redirect: 'error',
          signal: AbortSignal.timeout(options.timeoutMs),
          headers: {
            accept: 'application/json',
            ...(json !== undefined && { 'content-type': 'application/json' }),
            ...traceHeaders(),
            ...headers,
          },
          ...(json !== undefined && { body: JSON.stringify(json) }),
        });
        attributes['http.response.status_code'] = response.status;
        const text = await response.text();
        if (response.status >= 500) {
          attributes['error.type'] = String(response.status);
          throw new FailedResponse(options.name, response.status, text);
        }
        return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
      };
      try {
        const response = await breaker.execute(() =>
          inSpan(() => describe(method), send).catch((cause: unknown) => {
            const counts = isTimeOut(cause) ? timeOuts.count(causes) : !isOverload(cause);
            throw counts ? cause : new Uncounted(cause);
          }),
        );
        timeOuts.reset();
        return response;
      } catch (error) {
        if (error instanceof DependencyError) throw error;
        const cause = error instanceof Uncounted ? error.cause : error;
        throw new DependencyError(options.name, { timedOut: isTimeOut(cause), cause });
      }
    },
  };
}

class FailedResponse extends Error {
  override readonly name = 'FailedResponse';
  readonly status: number;
  readonly isOverload: boolean;

  constructor(name: string, status: number, text: string) {
    super(`${name} responded with ${status}: ${text.slice(0, 200)}`);
    this.status = status;
    this.isOverload = status === 503 && text.includes(`"title":"${overloaded}"`);
  }
}

/** A failure that the circuit breaker does not count. */
class Uncounted extends Error {
  constructor(cause: unknown) {
    super('Not evidence that the dependency is down', { cause });
  }
}

/** Whether a service refused the request because it has too much to do: to stop calling it would not make that less. */
const isOverload = (error: unknown): boolean => error instanceof FailedResponse && error.isOverload;

/** Whether the dependency, or what is behind a gateway such as a bank, did not respond in time. */
function isTimeOut(error: unknown): boolean {
  if (error instanceof FailedResponse) return error.status === 504;
  return error instanceof DOMException && error.name === 'TimeoutError';
}
