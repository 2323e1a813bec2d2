import { Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { WebAcl } from '../constructs/web-acl.ts';

/** What the CDN refuses. */
export class FirewallStack extends Stack {
  readonly webAclArn: string;

  constructor(scope: Construct, id: string, props: StackProps & { readonly environment: Environment }) {
    super(scope, id, props);
    this.webAclArn = new WebAcl(this, 'WebAcl', { name: `headroom-${props.environment.name}` }).arn;
  }
}
