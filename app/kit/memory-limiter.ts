import { keyOf, type Claim, type Decision } from './limit.ts';

/**
 * Creates a limiter that counts in this process alone. It remembers `maxKeys` clients, those that were last seen: with more
 * clients than that in a window, the others are allowed too much.
 */
export function createMemoryLimiter({
  now = () => performance.now(),
  maxKeys = 10_000,
}: {
  /** Returns the time in ms. @default - the monotonic clock */
  readonly now?: () => number;
  /** @default 10000 */
  readonly maxKeys?: number;
} = {}): (claims: readonly Claim[]) => Decision {
  /** When the requests of each key were allowed, oldest first. */
  const logs = new Map<string, number[]>();

  function logOf(claim: Claim, since: number): number[] {
    const key = keyOf(claim);
    const log = logs.get(key) ?? [];
    while (log.length > 0 && (log[0] as number) <= since) log.shift();
    // Moved to the end, so that the first key is the one that was not seen for longest.
    logs.delete(key);
    logs.set(key, log);
    for (const oldest of logs.keys()) {
      if (logs.size <= maxKeys) break;
      logs.delete(oldest);
    }
    return log;
  }

  return (claims) => {
    const time = now();
    const windows = claims.map(({ limit }) => limit.windowSeconds * 1000);
    const found = claims.map((claim, i) => logOf(claim, time - (windows[i] as number)));
    const refused = found.findIndex((log, i) => log.length >= (claims[i] as Claim).limit.quota);
    if (refused === -1) for (const log of found) log.push(time);
    return {
      refused,
      used: found.map((log) => log.length),
      freeInMs: found.map((log, i) => (windows[i] as number) - (time - (log[0] ?? time))),
    };
  };
}
