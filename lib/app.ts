import { App } from 'aws-cdk-lib';
import type { AppProps } from 'aws-cdk-lib';

import cdk from '../cdk.json' with { type: 'json' };
import { withDefaults } from './config/environment.ts';
import type { EnvironmentProps } from './config/environment-props.ts';
import { Deployment } from './deployment.ts';
import type { Row } from './system.ts';

/**
 * The CDK app with one stage per environment, or with the one that the context `env` names.
 *
 * Templates are validated once, in the tests: doing it on every synth takes seconds.
 */
export function createApp(
  system: readonly Row[],
  environments: Readonly<Record<string, EnvironmentProps>>,
  props: AppProps = {},
): App {
  const app = new App({
    builtinCloudFormationValidation: false,
    analyticsReporting: false,
    treeMetadata: false,
    ...props,
    // The CLI passes the flags of cdk.json by itself; a synth without the CLI must come out the same.
    context: { ...cdk.context, ...props.context },
  });
  const wanted: unknown = app.node.tryGetContext('env');
  for (const [name, environment] of Object.entries(environments)) {
    if (wanted === undefined || wanted === name) new Deployment(app, withDefaults(name, environment), system);
  }
  return app;
}
