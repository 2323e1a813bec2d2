import { compileWildcard } from '../http/wildcard.ts';
import { children, readXml, texts } from './xml.ts';

/** Which web origins a bucket lets in. Source: docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
export interface CorsRule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  /** How long a browser may remember a preflight response, in seconds. */
  readonly maxAge?: string;
}

/** @param document the `CORSConfiguration` that was put; undefined where there is none */
export function parseCorsRules(document: string | undefined): readonly CorsRule[] {
  if (document === undefined) return [];
  return children(readXml(document, 'CORSConfiguration'), 'CORSRule').map((rule) => ({
    origins: texts(rule, 'AllowedOrigin'),
    methods: texts(rule, 'AllowedMethod'),
    headers: texts(rule, 'AllowedHeader'),
    exposed: texts(rule, 'ExposeHeader'),
    maxAge: texts(rule, 'MaxAgeSeconds')[0],
  }));
}

interface Wanted {
  readonly origin: string;
  readonly method: string;
  /** The names in `Access-Control-Request-Headers` of a preflight request. @default - none */
  readonly headers?: readonly string[];
}

/** Returns the first rule that allows the request, as S3 does. */
export function findCorsRule(rules: readonly CorsRule[], { origin, method, headers = [] }: Wanted) {
  const allowsOne = (patterns: readonly string[], text: string) => patterns.some((each) => compileWildcard(each)(text));
  const allowsHeader = (rule: CorsRule, name: string) =>
    allowsOne(
      rule.headers.map((each) => each.toLowerCase()),
      name.toLowerCase(),
    );
  return rules.find(
    (rule) =>
      allowsOne(rule.origins, origin) &&
      rule.methods.includes(method) &&
      headers.every((name) => allowsHeader(rule, name)),
  );
}

/** Returns the headers of a response that a rule allows the page to read. */
export function corsHeaders(rule: CorsRule, { origin, headers = [] }: Wanted): Record<string, string> {
  return {
    'access-control-allow-origin': rule.origins.includes('*') ? '*' : origin,
    'access-control-allow-methods': rule.methods.join(', '),
    ...(headers.length > 0 && { 'access-control-allow-headers': headers.join(', ') }),
    ...(rule.exposed.length > 0 && { 'access-control-expose-headers': rule.exposed.join(', ') }),
    ...(rule.maxAge !== undefined && { 'access-control-max-age': rule.maxAge }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}
