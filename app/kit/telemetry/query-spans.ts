import type { SpanDescription } from './spans.ts';

/**
 * Describes the queries to a database, by their text: it has placeholders where the parameters are.
 * @see https://opentelemetry.io/docs/specs/semconv/database/postgresql/
 */
export function describeQueries(host: string, port: number, database: string): (text: string) => SpanDescription {
  return (text) => {
    const operation = /\w+/.exec(text)?.[0].toUpperCase() ?? '';
    return {
      name: `${operation} ${database}`,
      kind: 'CLIENT',
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': database,
        'db.operation.name': operation,
        'db.query.text': text,
        'server.address': host,
        'server.port': port,
      },
    };
  };
}
