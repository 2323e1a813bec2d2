import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import type { DatabaseConfig } from '../../../app/kit/config.ts';
import { createDatabaseBreaker, createPool } from '../../../app/kit/database-pool.ts';
import type { Database } from '../../../app/kit/database.ts';
import { silentTask } from '../../support/task.ts';

/** A statement and its plan. */
export interface Query {
  readonly text: string;
  readonly plan: string;
}

type Send = (text: string, values: readonly unknown[]) => Promise<{ rows: Record<string, string>[] }>;

/** Connects as a service does, and explains each statement with its parameters before it runs, in its transaction. */
export function recordQueries<S>(config: DatabaseConfig) {
  const task = silentTask(config);
  const breaker = createDatabaseBreaker(task.breakers, 'The database');
  const pool = createPool(config.DATABASE_PRIMARY, config, task.log, breaker);
  const known = new Set<string>();
  const fresh: Query[] = [];

  const connect: PostgresPool['connect'] = async () => {
    const client = await pool.connect();
    const send = client.query as unknown as Send;
    const query: Send = async (text, values) => {
      if (/^\s*(select|insert|update|delete|with)\b/i.test(text)) {
        const { rows } = await send(`EXPLAIN (COSTS off) ${text}`, values);
        const plan = withoutValues(rows.map((row) => row['QUERY PLAN']).join('\n'), values);
        const formatted = text.trim().replaceAll(/\s+/g, ' ');
        if (!known.has(formatted + plan)) fresh.push({ text: formatted, plan });
        known.add(formatted + plan);
      }
      return send(text, values);
    };
    return { query: query as never, release: (destroy) => client.release(destroy) };
  };
  const db = new Kysely<S>({ dialect: new PostgresDialect({ pool: { ...pool, connect } }) });
  const database: Database<S> = {
    primary: db,
    replica: db,
    transaction: (work) => db.transaction().execute(work),
  };
  return {
    database,
    /** Returns what is new since the last call. */
    take: () => fresh.splice(0),
    stop: () => pool.end(),
  };
}

/** Writes parameters in a plan as in the statement, since some of them are drawn at random. */
function withoutValues(plan: string, values: readonly unknown[]): string {
  return values.reduce<string>((text, value, i) => {
    if (typeof value === 'string') return text.replaceAll(`'${value}'`, `$${i + 1}`);
    return Buffer.isBuffer(value) ? text.replaceAll(`'\\x${value.toString('hex')}'`, `$${i + 1}`) : text;
  }, plan);
}
