import { apply, type Load } from './load.ts';
import { median } from './median.ts';

export interface Comparison {
  readonly name: string;
  readonly of: Target;
  readonly to: Target;
  readonly path: string;
  /** The ratio that the project promises. @default - none: it shows how much is possible */
  readonly promised?: number;
}

export interface Target extends Pick<Load, 'port' | 'clients'> {
  readonly name: string;
}

export interface Ratio {
  /** Requests per second, medians. */
  readonly of: number;
  readonly to: number;
  /** Of the pairs of slices: the median, and how far they scatter. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Applies the same load to both targets in turn, for `seconds` each, `rounds` times after one that warms up. Only ratios of
 * neighbouring slices are compared, since other work on the machine comes and goes.
 */
export async function compare(
  { of, to, path }: Comparison,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Ratio> {
  const slice = async ({ port, clients }: Target) =>
    (await apply({ port, clients, path, seconds, connections: 32 })).perSecond;
  const pairs: { of: number; to: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const pair = { of: await slice(of), to: await slice(to) };
    if (round > 0) pairs.push(pair);
  }
  const ratios = pairs.map((pair) => pair.of / pair.to).toSorted((a, b) => a - b);
  return {
    of: median(pairs.map((pair) => pair.of)),
    to: median(pairs.map((pair) => pair.to)),
    median: median(ratios),
    min: ratios[0]!,
    max: ratios.at(-1)!,
  };
}
