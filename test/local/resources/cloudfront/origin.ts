import type { Hop } from '../../../../local/http/hop.ts';
import type { Origin, Target } from '../../../../local/resources/cloudfront/route.ts';

export const originOf = (hop: Hop, timeoutMs = 30_000): Origin => ({ hop, domainName: 'origin.example', timeoutMs });

/** The targets of an edge with a single origin. */
export const singleOrigin = (hop: Hop, timeoutMs?: number): (() => Target) => {
  const target = { primary: originOf(hop, timeoutMs) };
  return () => target;
};
