import { Type } from 'typebox';

import type { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import type { Service } from '../ecs/scheduler/service.ts';

const capacity = Type.Integer({ minimum: 0 });

/**
 * Brings a service into its range of capacity, as the registration of a scalable target does.
 * Source: docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
 * @param services by the resource id of Application Auto Scaling: `service/CLUSTER/NAME`
 */
export const scalableTarget = (services: Pick<Handles<Pick<Service, 'desired' | 'scale'>>, 'get'>) =>
  defineResource('AWS::ApplicationAutoScaling::ScalableTarget', {
    properties: Type.Object({
      ServiceNamespace: Type.Literal('ecs'),
      ScalableDimension: Type.Literal('ecs:service:DesiredCount'),
      ResourceId: Type.String(),
      MinCapacity: capacity,
      MaxCapacity: capacity,
      ...ignored('The AWS endpoint of a laptop checks no permissions.', 'RoleARN'),
    }),
    replaceOn: ['ResourceId', 'ScalableDimension', 'ServiceNamespace'],
    async up({ key, properties: { ResourceId, ScalableDimension, ServiceNamespace, MinCapacity, MaxCapacity } }) {
      if (MinCapacity > MaxCapacity) {
        throw new Refusal(
          `${key} has a MinCapacity of ${MinCapacity}, which is more than its MaxCapacity of ${MaxCapacity}.`,
        );
      }
      const service = services.get(ResourceId);
      service.scale(Math.min(Math.max(service.desired(), MinCapacity), MaxCapacity));
      return { ref: `${ResourceId}|${ScalableDimension}|${ServiceNamespace}` };
    },
    update: 'up',
  });
