import { Type } from 'typebox';

import type { Host } from '../../host/host.ts';
import type { Handles } from '../../kernel/handles.ts';
import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import { arnOf } from '../arn.ts';
import { physicalName } from '../physical-name.ts';
import type { Database } from './database.ts';

/**
 * RDS Proxy: its endpoint is the host of the databases themselves, as a laptop has few tasks. So nothing is pooled or pinned
 * here, and clients must use the port of the instance.
 */
export const databaseProxy = (host: Host) =>
  defineResource('AWS::RDS::DBProxy', {
    properties: Type.Object({
      DBProxyName: Type.Optional(Type.String()),
      EngineFamily: Type.Literal('POSTGRESQL'),
      ...ignored(
        'On a laptop, clients connect to the database itself.',
        `Auth DebugLogging DefaultAuthScheme EndpointNetworkType IdleClientTimeout RequireTLS RoleArn
        TargetConnectionNetworkType VpcSecurityGroupIds VpcSubnetIds`,
      ),
      ...ignored('They describe the proxy.', 'Tags'),
    }),
    async up(resource) {
      const name = physicalName(resource, resource.properties.DBProxyName, 63).toLowerCase();
      return {
        ref: name,
        attributes: { Endpoint: 'localhost', DBProxyArn: arnOf(host, 'rds', `db-proxy:${name}`), VpcId: '' },
        detail: () => 'clients connect to the database itself',
      };
    },
  });

/** The instance behind a proxy. @throws Error if no such instance runs */
export const databaseProxyTargetGroup = (host: Host, databases: Handles<Database>) =>
  defineResource('AWS::RDS::DBProxyTargetGroup', {
    properties: Type.Object({
      DBInstanceIdentifiers: Type.Array(Type.String(), { minItems: 1, maxItems: 1 }),
      DBProxyName: Type.String(),
      TargetGroupName: Type.Literal('default'),
      ...ignored(
        'On a laptop, nothing is pooled between the services and the database.',
        'ConnectionPoolConfigurationInfo',
      ),
    }),
    async up({ properties: { DBInstanceIdentifiers, DBProxyName } }) {
      for (const name of DBInstanceIdentifiers) databases.get(name);
      const arn = arnOf(host, 'rds', `target-group:${DBProxyName}`);
      return { ref: arn, attributes: { TargetGroupArn: arn } };
    },
  });
