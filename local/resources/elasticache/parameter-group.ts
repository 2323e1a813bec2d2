import { Type } from 'typebox';

import type { Handles } from '../../kernel/handles.ts';
import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import { physicalName } from '../physical-name.ts';

/** Settings of redis.conf, by the name of the parameter group. */
export type ParameterGroups = Handles<Readonly<Record<string, string>>>;

export const parameterGroup = (groups: ParameterGroups) =>
  defineResource('AWS::ElastiCache::ParameterGroup', {
    properties: Type.Object({
      CacheParameterGroupFamily: Type.String(),
      Properties: Type.Record(Type.String(), Type.String(), { default: {} }),
      ...ignored('They describe the group.', 'Description Tags'),
    }),
    async up(resource) {
      const name = physicalName(resource, undefined, 255).toLowerCase();
      groups.set(name, resource.properties.Properties);
      return { ref: name, attributes: { CacheParameterGroupName: name }, stop: async () => groups.delete(name) };
    },
  });
