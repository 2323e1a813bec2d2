import { App } from 'aws-cdk-lib';

import { withDefaults } from '../lib/config/environment.ts';
import { environments } from '../lib/config/environments.ts';
import { Deployment } from '../lib/deployment.ts';
import { system } from '../lib/system.ts';

const app = new App({ builtinCloudFormationValidation: false });
const wanted: unknown = app.node.tryGetContext('env');
for (const [name, props] of Object.entries(environments)) {
  if (wanted === undefined || wanted === name) new Deployment(app, withDefaults(name, props), system);
}
