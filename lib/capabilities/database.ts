import { Secret } from 'aws-cdk-lib/aws-ecs';

import type { PostgresProxy } from '../constructs/postgres-proxy.ts';
import type { Postgres } from '../constructs/postgres.ts';
import type { Capability } from './capability.ts';

/**
 * Connects a workload to the primary and the replicas as its own database role, by up to `poolSize` connections to each.
 * With a proxy, it connects to that instead of the primary.
 */
export const databaseCapability = (postgres: Postgres, poolSize: number, proxy?: PostgresProxy): Capability => ({
  bind(workload, { name }) {
    workload.connections.allowToDefaultPort(postgres, 'PostgreSQL');
    if (proxy) {
      workload.connections.allowToDefaultPort(proxy, 'PostgreSQL proxy');
      // Its endpoint exists before the path to it and its target do: tasks that start meanwhile have no database.
      workload.service.node.addDependency(proxy);
    }
    workload.addEnvironment({
      DATABASE_PRIMARY: proxy?.address ?? postgres.primary.instanceEndpoint.socketAddress,
      DATABASE_REPLICAS: postgres.replicas.map(({ instanceEndpoint }) => instanceEndpoint.socketAddress).join(','),
      DATABASE_NAME: postgres.databaseName,
      DATABASE_USER: name,
      DATABASE_POOL_SIZE: String(poolSize),
    });
    workload.addSecrets({
      DATABASE_PASSWORD: Secret.fromSecretsManager(postgres.roleSecrets.get(name)!, 'password'),
    });
  },
});
