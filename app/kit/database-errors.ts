import pg from 'pg';
import { DependencyError, OverloadError } from './problem.ts';

/**
 * Returns the problem that a failed connection or query is for the client; undefined for a fault of the query itself.
 * The codes are SQLSTATEs: https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
export function problemOf(error: unknown): DependencyError | OverloadError | undefined {
  if (isSilent(error)) return new DependencyError('The database', { timedOut: true, cause: error });
  // Errors of the socket, of TLS and of pg itself have no class of their own.
  if (!(error instanceof pg.DatabaseError))
    return error instanceof Error && error.name === 'Error'
      ? new DependencyError('The database', { cause: error })
      : undefined;
  const { code = '' } = error;
  // 53300: all connections of the server, the database or the role are in use; 53200: out of memory, also that for locks.
  // Another server would only be overloaded too.
  if (code === '53300' || code === '53200') return new OverloadError('The database has too much to do', error);
  // 57014: the server canceled a statement, 25P03 and 25P04: it ended a session, because it took too long.
  if (['57014', '25P03', '25P04'].includes(code))
    return new DependencyError('The database', { timedOut: true, cause: error });
  // 08: the connection is broken. 57P: the server starts, shuts down or ends its sessions. 58: its system fails. 53100: its
  // disk is full. 40001 without a transaction of that level: a replica canceled a read that held up its replay.
  if (/^(?:08|57P|58)/.test(code) || code === '53100' || code === '40001' || isReadOnly(error))
    return new DependencyError('The database', { cause: error });
  return undefined;
}

/**
 * Whether a failed query shows that its server is down, whatever the query was: it does not respond, has broken the
 * connection, or starts or stops (57P01 to 57P03). A statement that the server canceled took too long for its data.
 */
export function isServerDown(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return problemOf(error) !== undefined;
  return /^(?:08|57P0[123])/.test(error.code ?? '');
}

/** Whether a server refused to write (SQLSTATE 25006): it is a replica, such as the primary before a failover. */
export const isReadOnly = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '25006';

/** Whether the server canceled a statement that took too long (SQLSTATE 57014, query_canceled). */
export const isCanceled = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '57014';

/** Whether a server did not respond to a query at all, which pg reports after `query_timeout`. */
export const isSilent = (error: unknown): boolean => error instanceof Error && error.message === 'Query read timeout';
