import { Type } from 'typebox';
import { databaseConfig, readConfig, sessionConfig, taskConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { createLogger } from '../../kit/log.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { createApp } from './app.ts';
import { createUsers, type Tables } from './store.ts';

const config = readConfig(Type.Object({ ...taskConfig, ...databaseConfig, ...sessionConfig }));
const logger = createLogger(config);
const database = connectDatabase<Tables>(config, logger);
const redis = connectRedis(config, logger);
const app = createApp({ users: createUsers(database), redis, secret: config.SESSION_SECRET, logger });
app.addHook('onClose', async () => {
  redis.disconnect();
  await database.close();
});
await serve(app, config);
