import { App } from 'aws-cdk-lib/core';

import { featureFlags } from '../../lib/app.ts';
import type { EnvironmentProps } from '../../lib/config/environment-props.ts';
import { Deployment } from '../../lib/deployment.ts';
import type { ServiceDefinition } from '../../lib/system.ts';
import { environment, temporaryOutdir } from './stack.ts';

/** Returns the stacks of an environment `test`, in the order in which they are deployed. */
export function deploymentStacks(
  props: Partial<EnvironmentProps> | undefined,
  definitions: readonly ServiceDefinition[],
) {
  const app = new App({
    context: featureFlags(),
    outdir: temporaryOutdir(),
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: false,
  });
  return new Deployment(app, environment({ sandbox: true, ...props }), definitions).synth().stacks;
}
