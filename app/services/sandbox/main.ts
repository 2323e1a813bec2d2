import { databaseConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { createChargeStore, type SandboxTables } from './store.ts';

const task = startTask(databaseConfig);
const app = createApp({ log: task.log, store: createChargeStore(connectDatabase<SandboxTables>(task)) });
await serve(task, app);
