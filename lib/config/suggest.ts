import { closest, distance } from 'fastest-levenshtein';

/** Returns the allowed value that was probably meant: at most a third of the given one has to be edited. */
export function nearest(given: string, allowed: readonly string[]): string | undefined {
  if (allowed.length === 0) return undefined;
  const candidate = closest(given, allowed);
  return distance(given, candidate) <= Math.max(1, given.length / 3) ? candidate : undefined;
}

/** Returns the remedy for a value that is not among the allowed ones. */
export function suggest(given: string, allowed: readonly string[]): string {
  const candidate = nearest(given, allowed);
  if (candidate !== undefined) return `did you mean "${candidate}"?`;
  return allowed.length === 1 ? `give ${allowed[0]}` : `give one of ${allowed.join(', ')}`;
}
