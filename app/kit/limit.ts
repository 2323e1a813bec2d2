/** At most `quota` requests of one client in any window of `windowSeconds`. */
export interface Limit {
  /** Part of the key in Redis, and the name of the policy in the headers. */
  readonly name: string;
  readonly quota: number;
  readonly windowSeconds: number;
  /** The detail of the 429. */
  readonly refusal: string;
}

/** The numbers are those of the articles, and the message of the second. */
export const perAddress: Limit = {
  name: 'address',
  quota: 1_000,
  windowSeconds: 60,
  refusal: 'Too many requests. Try again later.',
};
export const perLogin: Limit = {
  name: 'login',
  quota: 5,
  windowSeconds: 60,
  refusal: 'Too many login attempts. Try again in 1 minute.',
};

export const perKey: Limit = {
  name: 'key',
  quota: 100,
  windowSeconds: 60,
  refusal: 'Too many requests with this API key. Try again later.',
};

/** A request of a client that counts towards a limit. */
export interface Claim {
  readonly limit: Limit;
  readonly client: string;
}

/** A request is counted towards all of its limits, or towards none if one of them refuses it. */
export interface Decision {
  /** Index of the claim that is refused; -1 if the request is allowed. */
  readonly refused: number;
  /** For each claim, how many requests the window holds, this one included if it is allowed. */
  readonly used: readonly number[];
  /** For each claim, ms until the oldest of these requests leaves the window. */
  readonly freeInMs: readonly number[];
}

export const keyOf = ({ limit, client }: Claim): string => `limit:${limit.name}:${client}`;

/**
 * Returns the fields of the response, in the form of
 * https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11: `q` is the quota, `w` the window in seconds,
 * `r` how many requests remain, and `t` the seconds until there are more.
 */
export function limitHeaders(claims: readonly Claim[], { used, freeInMs }: Decision): Record<string, string> {
  const policies = claims.map(({ limit: { name, quota, windowSeconds } }) => `"${name}";q=${quota};w=${windowSeconds}`);
  const states = claims.map(
    ({ limit: { name, quota } }, i) =>
      `"${name}";r=${Math.max(0, quota - (used[i] ?? 0))};t=${Math.ceil((freeInMs[i] ?? 0) / 1000)}`,
  );
  return { 'ratelimit-policy': policies.join(', '), ratelimit: states.join(', ') };
}
