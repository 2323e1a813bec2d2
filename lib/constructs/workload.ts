import type { IConnectable } from 'aws-cdk-lib/aws-ec2';
import type { Secret } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';

/** A service or worker as the parts it uses see it: they open a way, set what it must know, and grant its role. */
export interface Workload extends IConnectable {
  readonly role: IRole;
  addEnvironment(name: string, value: string): void;
  addSecret(name: string, secret: Secret): void;
}
