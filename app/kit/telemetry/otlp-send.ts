/** How long an export may take, in ms. */
const timeoutMs = 10_000;

/** Returns all headers of a request with this body, from those that it has anyway. */
export type HeadersOf = (
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
) => Promise<Readonly<Record<string, string>>>;

/**
 * Sends a request of OTLP over HTTP with JSON. One that fails is lost: it is not worth the memory that a retry takes.
 * @throws Error if the receiver does not accept it within 10 s
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function sendOtlp(
  url: string,
  body: Uint8Array,
  headersOf: HeadersOf,
  request: typeof fetch = fetch,
): Promise<void> {
  const headers = await headersOf(body, { 'content-type': 'application/json' });
  const signal = AbortSignal.timeout(timeoutMs);
  const json = body as Uint8Array<ArrayBuffer>;
  const response = await request(url, { method: 'POST', redirect: 'error', headers, body: json, signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`The receiver responded with ${response.status} to ${url}: ${text.slice(0, 200)}`);
}
