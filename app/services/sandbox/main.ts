import { databaseConfig, providerKeyConfig, redisConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { createChargeStore, type SandboxTables } from './store.ts';

const task = startTask({ ...databaseConfig, ...providerKeyConfig, ...redisConfig });
const app = createApp({
  log: task.log,
  limits: connectRedis(task),
  store: createChargeStore(connectDatabase<SandboxTables>(task)),
  providerKey: task.config.PAYMENT_PROVIDER_KEY,
});
await serve(task, app);
