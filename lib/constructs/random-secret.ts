import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

export interface RandomSecretProps {
  readonly description: string;
  /** Keep the secret when it is no longer in the template. */
  readonly protect: boolean;
}

/** Creates a secret of 64 random letters and digits. */
export const randomSecret = (scope: Construct, id: string, { description, protect }: RandomSecretProps): Secret =>
  new Secret(scope, id, {
    description,
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    removalPolicy: protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
