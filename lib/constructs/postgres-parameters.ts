/**
 * Returns the parameters of the primary and its replicas, which share one group. Where no unit is given, times are in ms.
 *
 * A replica pauses its replay when the primary has a larger `max_connections`, `max_worker_processes`, `max_wal_senders`,
 * `max_locks_per_transaction` or `max_prepared_transactions`. RDS derives the first two from the instance class, so that a
 * larger primary would pause the replicas until they are resized too; here they are numbers.
 * @see https://www.postgresql.org/docs/17/hot-standby.html#HOT-STANDBY-ADMIN
 */
export const postgresParameters = (maxConnections: number): Record<string, string> => ({
  'rds.force_ssl': '1',
  // Slower statements are logged.
  log_min_duration_statement: '1000',
  max_connections: String(maxConnections),
  // Enough for the parallel queries of 16 vCPUs.
  max_worker_processes: '32',
  // With it, a long read on a replica would stop vacuum on the primary, and the outbox would grow with every event.
  hot_standby_feedback: '0',
  // Without it, vacuum removes rows that a read on a replica still sees: replay waits for that read, this long, and then
  // cancels it. Reads of services end long before, by their role's statement_timeout.
  max_standby_streaming_delay: '30000',
  // The same when the replica catches up from the archive.
  max_standby_archive_delay: '30000',
  // A session that idles in a transaction stops vacuum too; roles of services have a shorter time.
  idle_in_transaction_session_timeout: '60000',
});
