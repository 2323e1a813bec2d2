import { Type } from 'typebox';

import type { Host } from '../../host/host.ts';
import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import { arnOf } from '../arn.ts';

/** A cluster groups services by name. */
export const cluster = (host: Pick<Host, 'region' | 'accountId'>) =>
  defineResource('AWS::ECS::Cluster', {
    properties: Type.Object({
      ClusterName: Type.Optional(Type.String()),
      ...ignored('Every task runs on the one machine.', 'CapacityProviders DefaultCapacityProviderStrategy'),
      ...ignored('Nothing on a laptop is measured by CloudWatch.', 'ClusterSettings'),
      ...ignored('Tasks on a laptop offer no shell.', 'Configuration'),
      ...ignored('Tags do not change what runs.', 'Tags'),
    }),
    replaceOn: ['ClusterName'],
    async up({ logicalId, properties }) {
      const name = properties.ClusterName ?? logicalId;
      return { ref: name, attributes: { Arn: arnOf(host, 'ecs', `cluster/${name}`) } };
    },
    update: 'up',
  });
