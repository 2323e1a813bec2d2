import { Type, type Static } from 'typebox';

import type { Host } from '../../host/host.ts';
import type { HopRequest, Page } from '../../http/hop.ts';
import type { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { defineResource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import { arnOf } from '../arn.ts';
import { resourceHash } from '../resource-hash.ts';
import { blockedPage } from './blocked-page.ts';
import { createRate } from './rate.ts';

/** Returns the response to a request that is refused. */
export type WebAcl = (request: Pick<HopRequest, 'client'>) => Page | undefined;

const rateBased = Type.Object(
  {
    Limit: Type.Integer({ minimum: 10 }),
    // In seconds. Source: docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
    EvaluationWindowSec: Type.Integer({ default: 300 }),
    AggregateKeyType: Type.Literal('IP'),
  },
  closed,
);

const customResponse = Type.Object(
  {
    ResponseCode: Type.Integer(),
    CustomResponseBodyKey: Type.Optional(Type.String()),
    ResponseHeaders: Type.Array(Type.Object({ Name: Type.String(), Value: Type.String() }, closed), { default: [] }),
  },
  closed,
);

const metrics = ignored('A laptop has no CloudWatch.', 'VisibilityConfig');

const rule = Type.Object(
  {
    Name: Type.String(),
    Priority: Type.Integer(),
    Statement: Type.Object(
      {
        RateBasedStatement: Type.Optional(rateBased),
        ...ignored('The rules in a group of AWS are not published.', 'ManagedRuleGroupStatement'),
      },
      closed,
    ),
    Action: Type.Optional(
      Type.Object({ Block: Type.Object({ CustomResponse: Type.Optional(customResponse) }, closed) }, closed),
    ),
    ...metrics,
    ...ignored('It concerns a group of rules.', 'OverrideAction'),
  },
  closed,
);

const properties = Type.Object({
  Scope: Type.Literal('CLOUDFRONT'),
  DefaultAction: Type.Object({ Allow: Type.Object({}, closed) }, closed),
  CustomResponseBodies: Type.Record(
    Type.String(),
    Type.Object({ ContentType: Type.String(), Content: Type.String() }, closed),
    { default: {} },
  ),
  Rules: Type.Array(rule, { default: [] }),
  ...metrics,
  ...ignored('They describe it.', 'Name Description Tags'),
});

/** Runs the rate-based rules of a web ACL; the groups of AWS's own rules are not run. */
export const webAcl = ({ accountId }: Pick<Host, 'accountId'>, webAcls: Handles<WebAcl>) =>
  defineResource('AWS::WAFv2::WebACL', {
    properties,
    replaceOn: ['Scope'],
    update: 'up',
    async up(resource) {
      const id = resourceHash(resource);
      const arn = arnOf({ region: 'us-east-1', accountId }, 'wafv2', `global/webacl/${resource.logicalId}/${id}`);
      const { Rules, CustomResponseBodies } = resource.properties;
      const checks = Rules.toSorted((a, b) => a.Priority - b.Priority).flatMap((each) =>
        each.Statement.RateBasedStatement ? [limit(resource.key, each, each.Statement.RateBasedStatement)] : [],
      );
      webAcls.set(arn, (request) => {
        for (const check of checks) {
          const refused = check(request);
          if (refused) return refused;
        }
        return undefined;
      });
      return {
        ref: `${resource.logicalId}|${id}|CLOUDFRONT`,
        attributes: { Arn: arn, Id: id },
        async stop() {
          webAcls.delete(arn);
        },
      };

      function limit(
        key: string,
        { Name, Action }: Static<typeof rule>,
        { Limit, EvaluationWindowSec }: Static<typeof rateBased>,
      ): WebAcl {
        if (!Action) throw new Refusal(`${key}: the rule ${Name} has no Action; give it one.`);
        const count = createRate(EvaluationWindowSec * 1000);
        const { CustomResponse } = Action.Block;
        const body = CustomResponseBodies[CustomResponse?.CustomResponseBodyKey ?? ''];
        return ({ client }) =>
          count(client.address) > Limit
            ? blockedPage(CustomResponse?.ResponseCode ?? 403, CustomResponse?.ResponseHeaders ?? [], body)
            : undefined;
      }
    },
  });
