import fc from 'fast-check';
import type { Claim, Decision, Limit } from '../../../app/kit/limit.ts';

export const limit = (name: string, quota: number): Limit => ({ name, quota, windowSeconds: 60, refusal: 'No' });

/** Decides by the list of all requests that were ever allowed. */
export function createModel(): (claims: readonly Claim[], timeMs: number) => Decision {
  const allowed: { name: string; client: string; at: number }[] = [];
  return (claims, timeMs) => {
    const inWindow = claims.map(({ limit: { name, windowSeconds }, client }) =>
      allowed.filter((each) => each.name === name && each.client === client && timeMs - each.at < windowSeconds * 1000),
    );
    const refused = claims.findIndex(({ limit: { quota } }, i) => inWindow[i]!.length >= quota);
    const counted = refused === -1 ? 1 : 0;
    if (refused === -1)
      for (const {
        limit: { name },
        client,
      } of claims)
        allowed.push({ name, client, at: timeMs });
    return {
      refused,
      used: inWindow.map((list) => list.length + counted),
      freeInMs: inWindow.map((list, i) => claims[i]!.limit.windowSeconds * 1000 - (timeMs - (list[0]?.at ?? timeMs))),
    };
  };
}

const all = limit('all', 7);
const login = limit('login', 2);

/** Requests of two clients, each some ms after the one before, many of them exactly at the edge of a window. */
export const steps = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.nat(20_000), fc.constantFrom(0, 1, 59_999, 60_000, 60_001)),
    claims: fc
      .record({ client: fc.constantFrom('a', 'b'), isLogin: fc.boolean() })
      .map(({ client, isLogin }) => (isLogin ? [all, login] : [all]).map((each) => ({ limit: each, client }))),
  }),
  { maxLength: 60 },
);
