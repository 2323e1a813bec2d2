import { Secret } from 'aws-cdk-lib/aws-ecs';

import type { Postgres } from '../constructs/postgres.ts';
import type { Capability } from './capability.ts';

/**
 * Connects a workload to the primary and the replicas as its own database role, by up to `poolSize` connections to each.
 */
export const databaseCapability = (postgres: Postgres, poolSize: number): Capability => ({
  bind(workload, { name }) {
    workload.connections.allowToDefaultPort(postgres, 'PostgreSQL');
    workload.addEnvironment({
      DATABASE_PRIMARY: postgres.primary.instanceEndpoint.socketAddress,
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
