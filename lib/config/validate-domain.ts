import type { Environment } from './environment.ts';

/** Returns why CloudFront would refuse the names or their certificate. */
export function* domainFaults({ domain, account }: Environment): Generator<string> {
  if (!domain) return;
  const { names, certificateArn: arn } = domain;
  if (names.length === 0)
    yield 'domain.names is empty: give the names under which people open the system, or drop domain';
  for (const name of names) {
    if (!/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/.test(name))
      yield `domain.names has "${name}": give a host name in lower case, such as shop.example.com`;
  }
  const parts = /^arn:aws[\w-]*:acm:([\w-]+):(\d{12}):certificate\/[\w-]+$/.exec(arn);
  if (!parts) {
    yield `domain.certificateArn is "${arn}": give the ARN of a certificate, as \`aws acm list-certificates --region us-east-1\` prints it`;
    return;
  }
  if (parts[1] !== 'us-east-1')
    yield `domain.certificateArn is in ${parts[1]}, but CloudFront takes certificates from us-east-1 only: request it there`;
  if (account !== undefined && parts[2] !== account)
    yield `domain.certificateArn is of account ${parts[2]}, but account is ${account}: give a certificate of that account`;
}
