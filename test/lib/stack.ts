import { App, Stack } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';

import { withDefaults } from '../../lib/config/environment.ts';
import type { Environment } from '../../lib/config/environment.ts';
import type { EnvironmentProps } from '../../lib/config/environment-props.ts';

/** An empty stack to try constructs in. */
export const emptyStack = (): Stack =>
  new Stack(
    new App({ analyticsReporting: false, treeMetadata: false, builtinCloudFormationValidation: false }),
    'Test',
    {
      env: { region: 'eu-central-1' },
    },
  );

/** A VPC with the tiers that constructs ask for. */
export const vpcIn = (stack: Stack): Vpc =>
  new Vpc(stack, 'Vpc', {
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    subnetConfiguration: ['app', 'data'].map((name) => ({ name, subnetType: SubnetType.PRIVATE_ISOLATED })),
  });

export const environment = (props: Partial<EnvironmentProps> = {}): Environment =>
  withDefaults('test', { mailFrom: 'orders@example.com', ...props });
