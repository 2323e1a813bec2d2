import type { CountedPool } from '../database-pool.ts';
import type { Metrics } from './metrics.ts';

type Server = 'primary' | 'replica';

/** Observes the pools of database connections, of all replicas together. */
export function observePools(metrics: Metrics, pools: Readonly<Record<Server, readonly CountedPool[]>>): void {
  const servers = (['primary', 'replica'] as const).filter((server) => pools[server].length > 0);
  const read = (count: 'connections' | 'waiting') => () =>
    servers.map((server) => ({
      value: pools[server].reduce((total, pool) => total + pool.counts()[count], 0),
      labels: { server },
    }));
  metrics.observe('PoolConnections', read('connections'));
  metrics.observe('PoolWaiting', read('waiting'));
}
