import { Type, type Static } from 'typebox';

import type { Resource } from '../../kernel/resource.ts';
import { closed } from '../../kernel/schema.ts';
import { incomplete } from './listener-actions.ts';
import type { Condition } from './load-balancer/conditions.ts';

const values = Type.Object({ Values: Type.Array(Type.String()) }, closed);
const pair = Type.Object({ Key: Type.Optional(Type.String()), Value: Type.String() }, closed);

/**
 * A condition of a rule; regular expressions are refused.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-elasticloadbalancingv2-listenerrule-rulecondition.html
 */
export const conditionSchema = Type.Object(
  {
    Field: Type.Union([
      Type.Literal('path-pattern'),
      Type.Literal('host-header'),
      Type.Literal('http-request-method'),
      Type.Literal('source-ip'),
      Type.Literal('http-header'),
      Type.Literal('query-string'),
    ]),
    Values: Type.Optional(Type.Array(Type.String())),
    PathPatternConfig: Type.Optional(values),
    HostHeaderConfig: Type.Optional(values),
    HttpRequestMethodConfig: Type.Optional(values),
    SourceIpConfig: Type.Optional(values),
    HttpHeaderConfig: Type.Optional(
      Type.Object({ HttpHeaderName: Type.String(), Values: Type.Array(Type.String()) }, closed),
    ),
    QueryStringConfig: Type.Optional(Type.Object({ Values: Type.Array(pair) }, closed)),
  },
  closed,
);

/** @throws Refusal when the configuration of its field is missing */
export function toCondition({ key }: Pick<Resource, 'key'>, stated: Static<typeof conditionSchema>): Condition {
  const { Field: field, HttpHeaderConfig: header, QueryStringConfig: query } = stated;
  if (field === 'http-header') {
    if (!header) throw incomplete(key, 'condition', stated);
    return { field, name: header.HttpHeaderName, values: header.Values };
  }
  if (field === 'query-string') {
    if (!query) throw incomplete(key, 'condition', stated);
    return { field, values: query.Values.map(({ Key, Value }) => ({ key: Key, value: Value })) };
  }
  const config = {
    'path-pattern': stated.PathPatternConfig,
    'host-header': stated.HostHeaderConfig,
    'http-request-method': stated.HttpRequestMethodConfig,
    'source-ip': stated.SourceIpConfig,
  }[field];
  const texts = config?.Values ?? stated.Values;
  if (!texts) throw incomplete(key, 'condition', stated);
  return { field, values: texts };
}
