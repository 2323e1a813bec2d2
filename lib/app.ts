import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { App } from 'aws-cdk-lib';
import type { AppProps } from 'aws-cdk-lib';

import { root } from './bundle.ts';
import { withDefaults } from './config/environment.ts';
import type { Environment } from './config/environment.ts';
import type { EnvironmentProps } from './config/environment-props.ts';
import { ConfigurationError, validate } from './config/validate.ts';
import { Deployment } from './deployment.ts';
import type { ServiceDefinition } from './system.ts';

/**
 * The CDK app with one stage per environment, or with the one that the context `env` names.
 *
 * Templates are validated once, in the tests: doing it on every synth takes seconds.
 * @throws ConfigurationError when anything in it contradicts itself
 */
export function createApp(
  system: readonly ServiceDefinition[],
  environments: Readonly<Record<string, EnvironmentProps>>,
  props: AppProps = {},
): App {
  const app = new App({
    builtinCloudFormationValidation: false,
    analyticsReporting: false,
    treeMetadata: false,
    ...props,
    context: { ...featureFlags(), ...props.context },
  });
  const chosen = choose(app.node.tryGetContext('env'), environments);
  validate(system, chosen);
  for (const environment of chosen) new Deployment(app, environment, system);
  return app;
}

function choose(wanted: unknown, environments: Readonly<Record<string, EnvironmentProps>>): readonly Environment[] {
  const all = Object.entries(environments).map(([name, props]) => withDefaults(name, props));
  const chosen = all.filter(({ name }) => wanted === undefined || name === wanted);
  if (chosen.length > 0) return chosen;
  const known = Object.keys(environments).join(', ');
  throw new ConfigurationError([`there is no environment ${JSON.stringify(wanted)}: there are ${known}`]);
}

/** The CLI passes the context of cdk.json by itself; a synth without the CLI must come out the same. */
function featureFlags(): Record<string, unknown> {
  const cdk = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { readonly context: Record<string, unknown> };
  return cdk.context;
}
