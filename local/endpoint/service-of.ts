import type { IncomingHttpHeaders } from 'node:http';

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly query: unknown;
  readonly body: unknown;
}

/** The services of unsigned requests in the query protocol, by action; all others are SNS's. */
const servicesByAction: readonly (readonly [RegExp, string])[] = [
  [/^(Send|Verify|GetSend|GetIdentity|ListIdentities|DeleteIdentity|(Create|Delete)ConfigurationSet)/, 'ses'],
  [/^(GetCallerIdentity|AssumeRole)/, 'sts'],
];

/**
 * The service a request is for, as its signature's scope names it: `AWS4-HMAC-SHA256
 * Credential=key/20260101/eu-central-1/sqs/aws4_request`. Without a signature it is that of the requested action, else S3.
 */
export function serviceOf({ headers, query, body }: Request): string {
  const presigned = (query as Record<string, string> | undefined)?.['X-Amz-Credential'];
  const credential = /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1] ?? presigned ?? '';
  const scope = credential.split('/').at(-2);
  if (scope) return scope;
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.startsWith('AmazonSQS.') ? 'sqs' : (target.split('.')[0] ?? target);
  const action = (body as Record<string, unknown> | undefined)?.['Action'];
  if (typeof action !== 'string') return 's3';
  return servicesByAction.find(([pattern]) => pattern.test(action))?.[1] ?? 'sns';
}
