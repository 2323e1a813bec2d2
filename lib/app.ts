import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { App } from 'aws-cdk-lib/core';
import type { AppProps } from 'aws-cdk-lib/core';

import { openAssets } from './asset-modes.ts';
import { root } from './root.ts';
import { withDefaults } from './config/environment.ts';
import type { EnvironmentProps } from './config/environment-props.ts';
import { suggest } from './config/suggest.ts';
import { laptop } from './config/laptop.ts';
import { ConfigurationError, validate } from './config/validate.ts';
import { Deployment } from './deployment.ts';
import type { ServiceDefinition } from './system.ts';

/**
 * Creates the CDK app with a stage for the environment that the context `env` names; without one, for each environment
 * but the laptop's.
 *
 * Templates are validated once, in the tests: doing it on every synth takes seconds.
 * @throws ConfigurationError when the settings are misspelt or contradict themselves
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
  const names = choose(app.node.tryGetContext('env') as string | undefined, Object.keys(environments));
  validate(system, environments, names);
  for (const name of names) new Deployment(app, withDefaults(name, environments[name]!), system);
  // All assets are in place: CDK copies one when its construct is created.
  openAssets(app.outdir);
  return app;
}

function choose(name: string | undefined, known: readonly string[]): readonly string[] {
  if (name === undefined) return known.filter((each) => each !== laptop);
  if (known.includes(name)) return [name];
  throw new ConfigurationError([
    `there is no environment "${name}", only ${known.join(', ')}: ${suggest(name, known)}`,
  ]);
}

/** Returns the context of cdk.json. The CLI passes it by itself; a synth without the CLI must have the same result. */
export function featureFlags(): Record<string, unknown> {
  const cdk = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { readonly context: Record<string, unknown> };
  return cdk.context;
}
