import { createHash } from 'node:crypto';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import type { Database } from '../../app/kit/database.ts';

/** What decides on which server a row is: its user, or in a lookup table what is looked up. */
const shardKeys: Readonly<Record<string, string>> = { addresses: 'email' };

/**
 * A database whose rows are spread over several servers. Each statement goes to the one of the user that it names. It is an
 * error if a statement names none, or two of different servers, or if a transaction needs a second server.
 */
export function shardMap<S>(pools: readonly PostgresPool[]): Database<S> {
  const connect = async () => shardedClient(pools);
  const db = new Kysely<S>({
    dialect: new PostgresDialect({ pool: { connect, end: async () => {} } as PostgresPool }),
  });
  return { primary: db, replica: db, transaction: (work) => db.transaction().execute(work) };
}

/** The number of the server on which a user's rows are. */
export const shardOf = (key: string, shards: number): number =>
  createHash('sha256').update(key).digest().readUInt32BE() % shards;

type Values = readonly unknown[];
type Send = (text: string, values: Values) => Promise<{ rows: unknown[] }>;

function shardedClient(pools: readonly PostgresPool[]): PostgresPoolClient {
  let begin: string | undefined;
  let open: { readonly shard: number; readonly client: PostgresPoolClient; readonly send: Send } | undefined;

  const openAt = async (shard: number) => {
    const client = await pools[shard]!.connect();
    return { shard, client, send: client.query.bind(client) as unknown as Send };
  };
  const close = () => {
    open?.client.release();
    open = undefined;
    begin = undefined;
  };

  const query: Send = async (text, values) => {
    if (/^(?:begin|start transaction)/i.test(text)) {
      begin = text;
      return { rows: [] };
    }
    if (/^(?:commit|rollback)/i.test(text)) {
      const ended = (await open?.send(text, values)) ?? { rows: [] };
      close();
      return ended;
    }
    const key = keyOf(text, values);
    // Deletes what is old on the server at hand, or reads nothing.
    if (key === undefined && open !== undefined && /\bctid\b|^SELECT$/.test(text)) return open.send(text, values);
    if (key === undefined) throw new Error(`The statement names no user: ${text}`);
    const shard = shardOf(key, pools.length);
    if (open !== undefined && open.shard !== shard) throw new Error(`The transaction crosses servers: ${text}`);
    if (open === undefined) {
      open = await openAt(shard);
      if (begin !== undefined) await open.send(begin, []);
    }
    const result = await open.send(text, values);
    if (begin === undefined) close();
    return result;
  };
  return { query: query as never, release: close };
}

/** Returns the value by which the rows of a statement are spread. @throws Error if it has several. */
function keyOf(text: string, values: Values): string | undefined {
  const [, table = ''] = /\b(?:from|into|update)\s+"?(\w+)"?/i.exec(text) ?? [];
  const column = shardKeys[table] ?? 'user_id';
  const keys = new Set([...compared(text, column), ...inserted(text, column)].map((n) => String(values[n - 1])));
  if (keys.size > 1) throw new Error(`The statement names several: ${text}`);
  return [...keys][0];
}

/** The numbers of the parameters that a column is compared with. */
const compared = (text: string, column: string): number[] =>
  [...text.matchAll(new RegExp(`\\b${column}"?\\s*=\\s*\\$(\\d+)`, 'g'))].map(([, n]) => Number(n));

/** The numbers of the parameters that are inserted into a column, one for each row. */
function inserted(text: string, column: string): number[] {
  const [, columns = '', rows = ''] = /\binsert into [^(]*\(([^)]*)\)\s*values\s*([^]*)/i.exec(text) ?? [];
  const index = columns.split(',').findIndex((name) => name.trim().replaceAll('"', '') === column);
  if (index < 0) return [];
  const tuples = rows.split(/\)\s*,\s*\(/);
  return tuples.flatMap((tuple) => {
    const [, n] = /\$(\d+)/.exec(tuple.split(',')[index] ?? '') ?? [];
    return n === undefined ? [] : [Number(n)];
  });
}
