import { Type } from 'typebox';

import type { Handles } from '../../kernel/handles.ts';
import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import { physicalName } from '../physical-name.ts';

/** Settings of postgresql.conf, by the name of the parameter group. */
export type ParameterGroups = Handles<Readonly<Record<string, string>>>;

export const parameterGroup = (groups: ParameterGroups) =>
  defineResource('AWS::RDS::DBParameterGroup', {
    properties: Type.Object({
      DBParameterGroupName: Type.Optional(Type.String()),
      Family: Type.String(),
      Parameters: Type.Record(Type.String(), Type.String(), { default: {} }),
      ...ignored('They describe the group.', 'Description Tags'),
    }),
    async up(resource) {
      const { DBParameterGroupName, Parameters } = resource.properties;
      const name = physicalName(resource, DBParameterGroupName, 255).toLowerCase();
      // Leaves out parameters that only RDS has, and formulas with the memory of an instance class. TLS is always
      // forced here.
      const settings = Object.entries(Parameters).filter(
        ([key, value]) => !key.startsWith('rds.') && !value.includes('{'),
      );
      groups.set(name, Object.fromEntries(settings));
      return { ref: name, attributes: { DBParameterGroupName: name }, stop: async () => groups.delete(name) };
    },
  });
