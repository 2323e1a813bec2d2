import { Readable } from 'node:stream';

import type { HopRequest, HopResponse } from '../../../../../local/http/hop.ts';
import { createCache, type CacheOptions } from '../../../../../local/resources/cloudfront/cache/cache.ts';
import { nothing, only } from '../../../../../local/resources/cloudfront/policies/selection.ts';
import { bodyOf } from '../body.ts';

export const policy = {
  minTtlMs: 0,
  defaultTtlMs: 0,
  maxTtlMs: 3_600_000,
  query: only(['limit']),
  headers: nothing,
  cookies: nothing,
  gzip: true,
  brotli: true,
};

export const request = (url = '/', headers: readonly string[] = [], more: Partial<HopRequest> = {}): HopRequest => ({
  method: 'GET',
  url,
  headers,
  body: undefined,
  bodyArrived: () => true,
  client: { address: '127.0.0.1', port: 1 },
  signal: new AbortController().signal,
  ...more,
});

interface Answer {
  readonly status?: number;
  readonly headers?: readonly string[];
  readonly body?: string;
}

type Respond = (request: HopRequest, count: number) => Answer | Promise<Answer>;

export const streamed = ({ status = 200, headers = [], body = '' }: Answer): HopResponse => ({
  status,
  headers,
  body: Readable.from([Buffer.from(body)], { objectMode: false }),
});

/** A cache in front of an origin that a test defines, at a time that it sets. */
export function createRig(
  respond: Respond,
  { behavior = {}, ...options }: Partial<CacheOptions> & { readonly behavior?: object } = {},
) {
  let time = 1_000_000;
  const reached: HopRequest[] = [];
  const cache = createCache({ errorTtlMs: () => 0, now: () => time, ...options });
  const rules = { cachePolicy: policy, compress: false, collapses: true, ...behavior };
  const send = async (each: HopRequest = request()) => {
    const { response, outcome } = await cache(each, rules, async (forwarded) => {
      reached.push(forwarded);
      return streamed(await respond(forwarded, reached.length));
    });
    const headers = Object.fromEntries(
      Array.from({ length: response.headers.length / 2 }, (_, at) => [
        response.headers[at * 2]!.toLowerCase(),
        response.headers[at * 2 + 1]!,
      ]),
    );
    return { status: response.status, headers, outcome, body: await bodyOf(response), response };
  };
  return { send, reached, advance: (seconds: number) => (time += seconds * 1000), now: () => time };
}

/** Lets everything that is not waiting for time or a request go on. */
export const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 5));
