import { createApp } from '../lib/app.ts';
import { environments } from '../lib/config/environments.ts';
import { system } from '../lib/system.ts';

createApp(system, environments);
