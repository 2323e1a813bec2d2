import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, test } from '@jest/globals';

import { perAddress } from '../../../app/kit/limit.ts';
import { WebAcl } from '../../../lib/constructs/web-acl.ts';
import { emptyStack } from '../stack.ts';

const stack = emptyStack();
new WebAcl(stack, 'WebAcl', { name: 'headroom-test' });
const template = Template.fromStack(stack);

test('an address over the limit of the services gets the response of the services', () => {
  template.hasResourceProperties('AWS::WAFv2::WebACL', {
    Scope: 'CLOUDFRONT',
    Rules: Match.arrayWith([
      Match.objectLike({
        Priority: 0,
        Statement: {
          RateBasedStatement: {
            AggregateKeyType: 'IP',
            EvaluationWindowSec: perAddress.windowSeconds,
            Limit: perAddress.quota,
          },
        },
        Action: {
          Block: { CustomResponse: Match.objectLike({ ResponseCode: 429, CustomResponseBodyKey: 'too-many' }) },
        },
      }),
    ]),
  });
  const [{ Properties }] = Object.values(template.findResources('AWS::WAFv2::WebACL')) as [
    { Properties: { CustomResponseBodies: Record<string, { Content: string }> } },
  ];
  expect(JSON.parse(Properties.CustomResponseBodies['too-many']!.Content)).toMatchObject({
    status: 429,
    detail: perAddress.refusal,
  });
});

test("AWS's common rules and known bad inputs block, except where the services decide better", () => {
  const managed = (Name: string, counted: string[]) =>
    Match.objectLike({
      OverrideAction: { None: {} },
      Statement: {
        ManagedRuleGroupStatement: {
          VendorName: 'AWS',
          Name,
          RuleActionOverrides: counted.map((rule) => ({ Name: rule, ActionToUse: { Count: {} } })),
        },
      },
    });
  template.hasResourceProperties('AWS::WAFv2::WebACL', {
    DefaultAction: { Allow: {} },
    Rules: [
      Match.anyValue(),
      managed('AWSManagedRulesKnownBadInputsRuleSet', []),
      managed('AWSManagedRulesCommonRuleSet', ['NoUserAgent_HEADER', 'SizeRestrictions_BODY']),
    ],
  });
});
