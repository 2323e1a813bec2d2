/** Returns whether a policy covers the header, cookie or query parameter of a name. */
export interface Selection {
  readonly includes: (name: string) => boolean;
  /** True if the policy covers nothing, so that callers need not look. */
  readonly isEmpty: boolean;
  /** The names that the policy lists, sorted; empty for those that cover all or all but some. */
  readonly listed: readonly string[];
}

export const nothing: Selection = { includes: () => false, isEmpty: true, listed: [] };
export const everything: Selection = { includes: () => true, isEmpty: false, listed: [] };

export function only(names: readonly string[]): Selection {
  const set = new Set(names);
  return { includes: (name) => set.has(name), isEmpty: set.size === 0, listed: [...set].toSorted() };
}

export function allBut(names: readonly string[]): Selection {
  const set = new Set(names);
  return { includes: (name) => !set.has(name), isEmpty: false, listed: [] };
}

export function either(first: Selection, second: Selection): Selection {
  if (first === everything || second === everything) return everything;
  if (second.isEmpty) return first;
  if (first.isEmpty) return second;
  return { includes: (name) => first.includes(name) || second.includes(name), isEmpty: false, listed: [] };
}

/** Returns the parameters of a query string that a policy covers, in the order and spelling of the request: both count. */
export function selectQuery(url: string, { isEmpty, includes }: Selection): string {
  const at = url.indexOf('?');
  if (at < 0 || isEmpty) return '';
  const parameters = url.slice(at + 1).split('&');
  return parameters.filter((each) => each !== '' && includes(each.split('=', 1)[0]!)).join('&');
}

/** Returns the pairs of `Cookie` headers that a policy covers, in the order of the request. */
export function selectCookies(cookies: readonly string[], { isEmpty, includes }: Selection): string[] {
  if (isEmpty) return [];
  return cookies.flatMap((value) =>
    value.split(';').flatMap((pair) => {
      const trimmed = pair.trim();
      return trimmed !== '' && includes(trimmed.split('=', 1)[0]!.trim()) ? [trimmed] : [];
    }),
  );
}
