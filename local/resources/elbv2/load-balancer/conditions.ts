import { BlockList, isIPv6 } from 'node:net';
import { headerValues } from '../../../http/headers.ts';
import type { HopRequest } from '../../../http/hop.ts';
import { compileWildcard } from '../../../http/wildcard.ts';

/** What a rule sees of a request: nothing is decoded, and X-Forwarded-For is a header like any other. */
export type RoutedRequest = Pick<HopRequest, 'method' | 'url' | 'headers' | 'client'>;

export type Condition =
  | {
      readonly field: 'path-pattern' | 'host-header' | 'http-request-method' | 'source-ip';
      readonly values: readonly string[];
    }
  | { readonly field: 'http-header'; readonly name: string; readonly values: readonly string[] }
  | { readonly field: 'query-string'; readonly values: readonly { readonly key?: string; readonly value: string }[] };

export type Matcher = (request: RoutedRequest) => boolean;

/**
 * A condition holds when one of its values matches. Paths and methods are compared with case; hosts, headers and query
 * strings without. All but methods may contain wildcards. A repeated header matches by any of its values.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
 */
export function compileCondition(condition: Condition): Matcher {
  switch (condition.field) {
    case 'path-pattern': {
      const patterns = condition.values.map(compileWildcard);
      return ({ url }) => {
        const path = splitUrl(url).path;
        return patterns.some((matches) => matches(path));
      };
    }
    case 'host-header':
      return headerMatcher('host', condition.values, withoutPort);
    case 'http-header':
      return headerMatcher(condition.name.toLowerCase(), condition.values, (value) => value);
    case 'http-request-method':
      return ({ method }) => condition.values.includes(method);
    case 'query-string':
      return queryMatcher(condition.values);
    case 'source-ip':
      return addressMatcher(condition.values);
    default:
      return condition satisfies never;
  }
}

export function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** `example.com:8080` → `example.com`; the colons of an IPv6 address are inside brackets. */
export const withoutPort = (host: string): string => host.replace(/:\d*$/, '');

const ignoringCase = (pattern: string) => compileWildcard(pattern.toLowerCase());

function headerMatcher(name: string, values: readonly string[], part: (value: string) => string): Matcher {
  const patterns = values.map(ignoringCase);
  return ({ headers }) =>
    headerValues(headers, name).some((value) => {
      const text = part(value).toLowerCase();
      return patterns.some((matches) => matches(text));
    });
}

function queryMatcher(values: readonly { readonly key?: string; readonly value: string }[]): Matcher {
  const wanted = values.map(({ key, value }) => ({ key: ignoringCase(key ?? '*'), value: ignoringCase(value) }));
  return ({ url }) => {
    const { query } = splitUrl(url);
    return (
      query !== '' &&
      query.split('&').some((pair) => {
        const [key = '', ...rest] = pair.toLowerCase().split('=');
        return wanted.some((want) => want.key(key) && want.value(rest.join('=')));
      })
    );
  };
}

function addressMatcher(blocks: readonly string[]): Matcher {
  const list = new BlockList();
  for (const block of blocks) {
    const [network = '', prefix = ''] = block.split('/');
    if (prefix === '')
      throw new Error(
        `The source-ip ${block} is not a CIDR block; write ${block}/${isIPv6(network) ? 128 : 32} for one address.`,
      );
    list.addSubnet(network, Number(prefix), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return ({ client: { address } }) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
