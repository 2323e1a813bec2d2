import { databaseConfig, sessionConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { createUserStore, type AuthTables } from './store.ts';

const task = startTask({ ...databaseConfig, ...sessionConfig });
const app = createApp({
  log: task.log,
  redis: connectRedis(task),
  sessionSecret: task.config.SESSION_SECRET,
  store: createUserStore(connectDatabase<AuthTables>(task)),
});
await serve(task, app);
