import { Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { WebAcl } from '../constructs/web-acl.ts';

/** Where CloudFront reads web ACLs, whatever the region of the environment.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-web-awswaf.html */
export const firewallRegion = 'us-east-1';

/** What the CDN refuses. */
export class FirewallStack extends Stack {
  readonly webAclArn: string;

  constructor(scope: Construct, id: string, props: StackProps & { readonly environment: Environment }) {
    super(scope, id, props);
    this.webAclArn = new WebAcl(this, 'WebAcl', { name: `headroom-${props.environment.name}` }).arn;
  }
}
