import { createSns } from '../../kit/aws.ts';
import { databaseConfig, publishConfig, sessionConfig, siteConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { startRelay } from '../../kit/outbox.ts';
import { connectRedis } from '../../kit/redis.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { createKeyStore, type KeyTables } from './key-store.ts';
import { createUserStore, type AuthTables } from './store.ts';

const task = startTask({ ...databaseConfig, ...sessionConfig, ...publishConfig, ...siteConfig });
const database = connectDatabase<AuthTables & KeyTables>(task);
const relay = startRelay(task, { database, sns: createSns(task.breakers) });
const redis = connectRedis(task);
const app = createApp({
  log: task.log,
  redis,
  limits: redis,
  sessionSecret: task.config.SESSION_SECRET,
  siteUrl: task.config.SITE_URL,
  store: createUserStore(database, task.metrics),
  keys: createKeyStore(database),
  onCommit: () => relay.nudge(),
});
await serve(task, app);
