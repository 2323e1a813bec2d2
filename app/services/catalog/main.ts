import { Type } from 'typebox';
import { databaseConfig, readConfig, taskConfig } from '../../kit/config.ts';
import { connectDatabase } from '../../kit/database.ts';
import { createLogger } from '../../kit/log.ts';
import { serve } from '../../kit/serve.ts';
import { createApp } from './app.ts';
import { createProducts, type Tables } from './store.ts';

const config = readConfig(Type.Object({ ...taskConfig, ...databaseConfig }));
const logger = createLogger(config);
const database = connectDatabase<Tables>(config, logger);
const app = createApp({ products: createProducts(database), logger });
app.addHook('onClose', () => database.close());
await serve(app, config);
