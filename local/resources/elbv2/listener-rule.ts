import { Type } from 'typebox';

import type { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import { resourceHash } from '../resource-hash.ts';
import { actionSchema, toAction } from './listener-actions.ts';
import type { RunningListener } from './listener.ts';
import type { TargetGroup } from './load-balancer/target-group.ts';
import { conditionSchema, toCondition } from './rule-conditions.ts';

const properties = Type.Object({
  ListenerArn: Type.String(),
  Priority: Type.Number(),
  Conditions: Type.Array(conditionSchema),
  Actions: Type.Array(actionSchema, { minItems: 1, maxItems: 1 }),
  ...ignored('They describe the rule.', 'Tags'),
});

/** Source of replaceOn: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listenerrule.html */
export const listenerRule = (listeners: Handles<RunningListener>, targetGroups: Handles<TargetGroup>) =>
  defineResource('AWS::ElasticLoadBalancingV2::ListenerRule', {
    properties,
    replaceOn: ['ListenerArn'],
    update: 'up',
    async up(resource) {
      const { ListenerArn, Priority, Conditions, Actions } = resource.properties;
      const { router } = listeners.get(ListenerArn);
      const arn = `${ListenerArn.replace(':listener/', ':listener-rule/')}/${resourceHash(resource)}`;
      const conditions = Conditions.map((stated) => toCondition(resource, stated));
      const action = toAction(resource, Actions[0]!, targetGroups);
      try {
        router.set(arn, { priority: Priority, conditions, action });
      } catch (error) {
        throw new Refusal(`${resource.key}: ${(error as Error).message}`, { cause: error });
      }
      return {
        ref: arn,
        attributes: { RuleArn: arn, IsDefault: 'false' },
        async stop() {
          router.delete(arn);
        },
      };
    },
  });
