import { Type, type Static } from 'typebox';

import type { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Resource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import { forwardTo, type Action } from './load-balancer/actions.ts';
import type { TargetGroup } from './load-balancer/target-group.ts';

/**
 * An action of a listener or a rule; authentication is refused.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-elasticloadbalancingv2-listenerrule-action.html
 */
export const actionSchema = Type.Object(
  {
    Type: Type.Union([Type.Literal('forward'), Type.Literal('fixed-response'), Type.Literal('redirect')]),
    TargetGroupArn: Type.Optional(Type.String()),
    ForwardConfig: Type.Optional(
      Type.Object(
        {
          TargetGroups: Type.Array(
            Type.Object({ TargetGroupArn: Type.String(), Weight: Type.Number({ default: 1 }) }, closed),
          ),
          TargetGroupStickinessConfig: Type.Optional(
            Type.Object(
              { Enabled: Type.Optional(Type.Boolean()), DurationSeconds: Type.Optional(Type.Number()) },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    FixedResponseConfig: Type.Optional(
      Type.Object(
        {
          StatusCode: Type.Number(),
          ContentType: Type.String({ default: 'text/plain' }),
          MessageBody: Type.String({ default: '' }),
        },
        closed,
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
        closed,
      ),
    ),
    ...ignored('A rule without authentication has one action.', 'Order'),
  },
  closed,
);

/** @throws Refusal when the configuration of its type is missing, Error when a target group is not known */
export function toAction(
  { key }: Pick<Resource, 'key'>,
  stated: Static<typeof actionSchema>,
  targetGroups: Handles<TargetGroup>,
): Action {
  const { ForwardConfig: forward, FixedResponseConfig: fixed, RedirectConfig: redirect, TargetGroupArn } = stated;
  if (stated.Type === 'fixed-response' && fixed) {
    return {
      type: 'fixed-response',
      status: fixed.StatusCode,
      contentType: fixed.ContentType,
      body: fixed.MessageBody,
    };
  }
  if (stated.Type === 'redirect' && redirect) {
    const { Protocol: protocol, Host: host, Port: port, Path: path, Query: query } = redirect;
    const status = redirect.StatusCode === 'HTTP_301' ? 301 : 302;
    return { type: 'redirect', status, protocol, host, port, path, query };
  }
  const groups = forward?.TargetGroups ?? (TargetGroupArn ? [{ TargetGroupArn, Weight: 1 }] : undefined);
  if (stated.Type !== 'forward' || !groups) throw incomplete(key, 'action', stated);
  const sticky = forward?.TargetGroupStickinessConfig;
  return forwardTo(
    groups.map(({ TargetGroupArn: arn, Weight: weight }) => ({ group: targetGroups.get(arn), weight })),
    sticky?.Enabled ? (sticky.DurationSeconds ?? 0) * 1000 : undefined,
  );
}

export const incomplete = (key: string, what: string, stated: object): Refusal =>
  new Refusal(`${key}: the ${what} ${JSON.stringify(stated)} lacks the configuration of its type; add it.`);
