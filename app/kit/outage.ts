import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { DependencyError, OverloadError } from './problem.ts';

/**
 * Returns whether an error says that a dependency is down or overloaded: the same work can succeed later, and until then
 * other work that needs the dependency fails as well. Any other error is about this piece of work, or a bug. The errors of
 * the database are classified in database-errors.ts.
 */
export function isOutage(error: unknown): boolean {
  if (error instanceof DependencyError || error instanceof OverloadError) return true;
  if (!(error instanceof Error)) return false;
  return isServiceOutage(error) || isRedisOutage(error) || isOutage(error.cause);
}

/** AWS services, with the SDK's own classification, which includes the errors of Node's sockets. */
function isServiceOutage(error: Error): boolean {
  const known = error as Parameters<typeof isTransientError>[0];
  return (
    isTransientError(known) || isThrottlingError(known) || isServerError(known) || credentialErrors.has(error.name)
  );
}

/** Whether an AWS service is down, and not only limits its callers. */
export const isServiceDown = (error: unknown): boolean =>
  error instanceof Error &&
  isServiceOutage(error) &&
  !isThrottlingError(error as Parameters<typeof isThrottlingError>[0]);

/** Credentials of the task that cannot be fetched or have expired: no request to AWS succeeds. */
const credentialErrors = new Set(['CredentialsProviderError', 'ExpiredToken', 'ExpiredTokenException']);

/** ioredis has no classes for the first three; the codes are replies of a server that is loading, a replica or full. */
function isRedisOutage({ name, message }: Error): boolean {
  return (
    /^(?:Connection is closed|Command timed out|Stream isn't writeable)/.test(message) ||
    name === 'MaxRetriesPerRequestError' ||
    (name === 'ReplyError' && /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|OOM) /.test(message))
  );
}
