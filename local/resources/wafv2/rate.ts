import { LRUCache } from 'lru-cache';

/** The window slides by this part of it. */
const steps = 12;
/** Addresses that are counted, those that were last seen. */
const maxAddresses = 10_000;

interface Counts {
  /** Requests in each step of the window. */
  readonly inStep: Uint32Array;
  total: number;
  /** Number of the newest step. */
  step: number;
}

/**
 * Returns a function that counts a request of an address, and returns how many it has sent in the window, this one included.
 * Requests that are refused count too, so an address is served again only once it sends less.
 * @param now time in ms
 */
export function createRate(windowMs: number, now = () => performance.now()): (address: string) => number {
  const stepMs = windowMs / steps;
  const addresses = new LRUCache<string, Counts>({ max: maxAddresses });
  return (address) => {
    const step = Math.floor(now() / stepMs);
    const counts = addresses.get(address) ?? { inStep: new Uint32Array(steps), total: 0, step };
    addresses.set(address, counts);
    for (let left = Math.min(step - counts.step, steps); left > 0; left--) {
      const index = (step - left + 1) % steps;
      counts.total -= counts.inStep[index]!;
      counts.inStep[index] = 0;
    }
    counts.step = step;
    counts.inStep[step % steps]! += 1;
    return (counts.total += 1);
  };
}
