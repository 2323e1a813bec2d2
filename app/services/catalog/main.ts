import { connectCache } from '../../kit/cache/connect.ts';
import { cacheConfig, databaseConfig, redisConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { createProductStore, type CatalogTables } from './store.ts';

const task = startTask({ ...databaseConfig, ...redisConfig, ...cacheConfig });
const app = createApp({
  log: task.log,
  metrics: task.metrics,
  limits: connectRedis(task),
  store: createProductStore(connectDatabase<CatalogTables>(task)),
  shared: connectCache(task),
});
await serve(task, app);
