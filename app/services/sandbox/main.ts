import { databaseConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { createChargeStore, type SandboxSchema } from './store.ts';

const { config, log } = startTask(databaseConfig);
const database = connectDatabase<SandboxSchema>(config, log);
const app = createApp({ logger: log, store: createChargeStore(database) });
app.addHook('onClose', () => database.close());
await serve(app, config);
