import { Type, type Static } from 'typebox';
import type { Parts, Resource } from '../../kernel/driver.ts';
import { forwardTo, type Action } from './load-balancer/actions.ts';
import type { Condition } from './load-balancer/conditions.ts';
import { accept } from '../../kernel/accept.ts';

/**
 * The actions and conditions of listeners and rules; authentication, regular expressions and transforms are refused.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listenerrule.html
 */
const only = { additionalProperties: false };
const values = Type.Object({ Values: Type.Array(Type.String()) }, only);

const action = Type.Object(
  {
    Type: Type.Union([Type.Literal('forward'), Type.Literal('fixed-response'), Type.Literal('redirect')]),
    Order: Type.Optional(Type.Unknown()),
    TargetGroupArn: Type.Optional(Type.String()),
    ForwardConfig: Type.Optional(
      Type.Object(
        {
          TargetGroups: Type.Array(
            Type.Object({ TargetGroupArn: Type.String(), Weight: Type.Optional(Type.Number()) }, only),
          ),
          TargetGroupStickinessConfig: Type.Optional(
            Type.Object(
              { Enabled: Type.Optional(Type.Boolean()), DurationSeconds: Type.Optional(Type.Number()) },
              only,
            ),
          ),
        },
        only,
      ),
    ),
    FixedResponseConfig: Type.Optional(
      Type.Object(
        {
          StatusCode: Type.Number(),
          ContentType: Type.Optional(Type.String()),
          MessageBody: Type.Optional(Type.String()),
        },
        only,
      ),
    ),
    RedirectConfig: Type.Optional(
      Type.Object(
        {
          StatusCode: Type.Union([Type.Literal('HTTP_301'), Type.Literal('HTTP_302')]),
          Protocol: Type.String({ default: '#{protocol}' }),
          Host: Type.String({ default: '#{host}' }),
          Port: Type.String({ default: '#{port}' }),
          Path: Type.String({ default: '/#{path}' }),
          Query: Type.String({ default: '#{query}' }),
        },
        only,
      ),
    ),
  },
  only,
);

const condition = Type.Object(
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
      Type.Object({ HttpHeaderName: Type.String(), Values: Type.Array(Type.String()) }, only),
    ),
    QueryStringConfig: Type.Optional(
      Type.Object(
        { Values: Type.Array(Type.Object({ Key: Type.Optional(Type.String()), Value: Type.String() }, only)) },
        only,
      ),
    ),
  },
  only,
);

const listener = Type.Object(
  {
    LoadBalancerArn: Type.String(),
    Port: Type.Number(),
    Protocol: Type.Literal('HTTP'),
    DefaultActions: Type.Array(action, { minItems: 1, maxItems: 1 }),
    Tags: Type.Optional(Type.Unknown()),
  },
  only,
);

const rule = Type.Object(
  {
    ListenerArn: Type.String(),
    Priority: Type.Number(),
    Conditions: Type.Array(condition),
    Actions: Type.Array(action, { minItems: 1, maxItems: 1 }),
    Tags: Type.Optional(Type.Unknown()),
  },
  only,
);

export function readListener(resource: Resource, parts: Parts) {
  const { LoadBalancerArn, Port, DefaultActions } = accept(resource, listener, resource.properties);
  return { loadBalancerArn: LoadBalancerArn, port: Port, defaultAction: toAction(resource, DefaultActions[0]!, parts) };
}

export function readRule(resource: Resource, parts: Parts) {
  const { ListenerArn, Priority, Conditions, Actions } = accept(resource, rule, resource.properties);
  const conditions = Conditions.map((stated) => toCondition(resource, stated));
  return {
    listenerArn: ListenerArn,
    rule: { priority: Priority, conditions, action: toAction(resource, Actions[0]!, parts) },
  };
}

function toAction(resource: Resource, stated: Static<typeof action>, parts: Parts): Action {
  const { ForwardConfig: forward, FixedResponseConfig: fixed, RedirectConfig: redirect } = stated;
  if (stated.Type === 'fixed-response' && fixed) {
    const { StatusCode: status, ContentType: contentType = 'text/plain', MessageBody: body = '' } = fixed;
    return { type: 'fixed-response', status, contentType, body };
  }
  if (stated.Type === 'redirect' && redirect) {
    const { Protocol: protocol, Host: host, Port: port, Path: path, Query: query } = redirect;
    return {
      type: 'redirect',
      status: redirect.StatusCode === 'HTTP_301' ? 301 : 302,
      protocol,
      host,
      port,
      path,
      query,
    };
  }
  const single = stated.TargetGroupArn ? [{ TargetGroupArn: stated.TargetGroupArn }] : undefined;
  const groups: { TargetGroupArn: string; Weight?: number }[] | undefined = forward?.TargetGroups ?? single;
  if (stated.Type !== 'forward' || !groups) throw unreadable(resource, 'action', stated);
  const sticky = forward?.TargetGroupStickinessConfig;
  return forwardTo(
    groups.map(({ TargetGroupArn: arn, Weight: weight = 1 }) => ({ group: parts.get('target-group', arn), weight })),
    sticky?.Enabled ? (sticky.DurationSeconds ?? 0) * 1000 : undefined,
  );
}

function toCondition(resource: Resource, stated: Static<typeof condition>): Condition {
  const { Field: field } = stated;
  if (field === 'http-header') {
    if (!stated.HttpHeaderConfig) throw unreadable(resource, 'condition', stated);
    return { field, name: stated.HttpHeaderConfig.HttpHeaderName, values: stated.HttpHeaderConfig.Values };
  }
  if (field === 'query-string') {
    if (!stated.QueryStringConfig) throw unreadable(resource, 'condition', stated);
    return { field, values: stated.QueryStringConfig.Values.map(({ Key, Value }) => ({ key: Key, value: Value })) };
  }
  const config = {
    'path-pattern': stated.PathPatternConfig,
    'host-header': stated.HostHeaderConfig,
    'http-request-method': stated.HttpRequestMethodConfig,
    'source-ip': stated.SourceIpConfig,
  }[field];
  const texts = config?.Values ?? stated.Values;
  if (!texts) throw unreadable(resource, 'condition', stated);
  return { field, values: texts };
}

const unreadable = ({ stack, logicalId }: Resource, what: string, stated: object): Error =>
  new Error(
    `${stack}/${logicalId}: the ${what} ${JSON.stringify(stated)} lacks the configuration of its type; add it.`,
  );
