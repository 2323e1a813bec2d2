/** What an algorithm knows of a target. */
export interface Candidate {
  /** Requests that the target has not yet responded to. */
  readonly outstanding: number;
  /** Its share of the requests that a full target gets; below 1 only in slow start. */
  share(): number;
}

/** Chooses among at least one candidate. */
export type Algorithm = <T extends Candidate>(candidates: readonly T[]) => T;

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
export const algorithms: Readonly<Record<string, () => Algorithm>> = {
  round_robin: roundRobin,
  least_outstanding_requests: leastOutstandingRequests,
  weighted_random: () => weightedRandom(),
};

/** In turn. A target in slow start adds up its share at each turn, and is chosen when the sum reaches 1. */
export function roundRobin(): Algorithm {
  let turn = 0;
  const saved = new WeakMap<Candidate, number>();
  return (candidates) => {
    for (let tries = 0; tries < candidates.length; tries++) {
      const candidate = candidates[turn++ % candidates.length]!;
      const share = candidate.share();
      if (share >= 1) return candidate;
      const sum = (saved.get(candidate) ?? 0) + share;
      saved.set(candidate, sum >= 1 ? sum - 1 : sum);
      if (sum >= 1) return candidate;
    }
    return candidates[turn++ % candidates.length]!;
  };
}

/** The target with the fewest requests under way; equals take turns. */
export function leastOutstandingRequests(): Algorithm {
  let turn = 0;
  return (candidates) => {
    const first = turn++ % candidates.length;
    let least = candidates[first]!;
    for (let step = 1; step < candidates.length; step++) {
      const candidate = candidates[(first + step) % candidates.length]!;
      if (candidate.outstanding < least.outstanding) least = candidate;
    }
    return least;
  };
}

/** Evenly, in random order: the weights differ only with anomaly mitigation, which is refused here. */
export function weightedRandom(random: () => number = Math.random): Algorithm {
  return (candidates) => candidates[Math.floor(random() * candidates.length)]!;
}
