import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { App, Stack } from 'aws-cdk-lib/core';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';

import { withDefaults } from '../../lib/config/environment.ts';
import type { Environment } from '../../lib/config/environment.ts';
import type { EnvironmentProps } from '../../lib/config/environment-props.ts';

/** Creates a folder for the output of one app, in the temporary folder that is deleted after the tests. */
export const temporaryOutdir = (): string => mkdtempSync(join(tmpdir(), 'headroom-cdk-'));

/** Returns an empty stack for constructs under test. */
export function emptyStack(): Stack {
  const app = new App({
    outdir: temporaryOutdir(),
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: false,
  });
  return new Stack(app, 'Test', { env: { region: 'eu-central-1' } });
}

/** Creates a VPC with the subnet groups that constructs select. */
export const vpcIn = (stack: Stack): Vpc =>
  new Vpc(stack, 'Vpc', {
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    subnetConfiguration: ['app', 'data'].map((name) => ({ name, subnetType: SubnetType.PRIVATE_ISOLATED })),
  });

/** Returns an environment with all defaults but `props`. */
export const environment = (props: Partial<EnvironmentProps> = {}): Environment =>
  withDefaults('test', { mailFrom: 'orders@example.com', ...props });
