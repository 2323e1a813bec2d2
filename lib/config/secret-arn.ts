import type { Environment } from './environment.ts';

/**
 * Returns why ECS could not read a secret. Secrets Manager ends the ARN with six random characters; with a partial one ECS would
 * not find the secret.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
 */
export function* secretArnFaults(
  setting: string,
  arn: string,
  { region, account }: Pick<Environment, 'region' | 'account'>,
): Generator<string> {
  const parts = /^arn:aws[\w-]*:secretsmanager:([\w-]+):(\d{12}):secret:[\w/+=.@-]+-\w{6}$/.exec(arn);
  if (!parts) {
    yield `${setting} is "${arn}": give the complete ARN of a secret, as \`aws secretsmanager describe-secret\` prints it`;
    return;
  }
  if (parts[1] !== region) yield `${setting} is in ${parts[1]}, but region is ${region}: replicate the secret`;
  if (account !== undefined && parts[2] !== account)
    yield `${setting} is of account ${parts[2]}, but account is ${account}: give a secret of that account`;
}
