import { databaseConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { serve } from '../../kit/serve.ts';
import { startTask } from '../../kit/task.ts';
import { createApp } from './app.ts';
import { createProducts, type Tables } from './store.ts';

const { config, log } = startTask(databaseConfig);
const database = connectDatabase<Tables>(config, log);
const app = createApp({ products: createProducts(database), logger: log });
app.addHook('onClose', () => database.close());
await serve(app, config);
