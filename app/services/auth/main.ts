import { databaseConfig, sessionConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { createUsers, type Tables } from './store.ts';

const { config, log } = startTask({ ...databaseConfig, ...sessionConfig });
const database = connectDatabase<Tables>(config, log);
const redis = connectRedis(config, log);
const app = createApp({ users: createUsers(database), redis, secret: config.SESSION_SECRET, logger: log });
app.addHook('onClose', async () => {
  redis.disconnect();
  await database.close();
});
await serve(app, config);
