import { routesIn } from './config/listener-rules.ts';
import { relate } from './config/path-patterns.ts';
import type { ServiceDefinition } from './system.ts';

/** Key prefix of the uploads bucket whose objects the CDN serves, at the path of the same name. */
export const mediaPrefix = 'media/';

export const mediaPattern = `/${mediaPrefix}*`;

/** A path pattern with a rule of its own at the CDN. */
export interface EdgePath {
  readonly pattern: string;
  /** The query parameters that make another response. @default - nothing is stored */
  readonly stored?: readonly string[];
}

/**
 * Returns the paths that the CDN stores, and those within them that it must not, in the order in which they are tried: the
 * first one that matches applies. So a path within a stored pattern, of the same service or another, is stored only if its
 * definition says so, and with its own query parameters.
 */
export function edgePaths(definitions: readonly ServiceDefinition[]): readonly EdgePath[] {
  const stored = definitions.flatMap((each) =>
    each.kind === 'service'
      ? Object.entries(each.stored ?? {}).map(([pattern, parameters]) => ({ pattern, stored: parameters }))
      : [],
  );
  const [exact, wild] = [false, true].map((has) => stored.filter(({ pattern }) => /[*?]/.test(pattern) === has));
  const others = routesIn(definitions).filter(({ path }) => !stored.some(({ pattern }) => pattern === path));
  const within = others.filter(({ path }) =>
    wild!.some(({ pattern }) => ['narrower', 'crossing'].includes(relate(path, pattern))),
  );
  const widerThan = (path: string) => wild!.filter(({ pattern }) => relate(path, pattern) === 'narrower').length;
  const narrowestFirst = wild!.toSorted((a, b) => widerThan(b.pattern) - widerThan(a.pattern));
  return [...exact!, ...within.map(({ path }) => ({ pattern: path })), ...narrowestFirst];
}
