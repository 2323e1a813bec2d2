import { STATUS_CODES } from 'node:http';
import type { FastifyContextConfig, FastifySchema, RouteOptions } from 'fastify';
import { Type } from 'typebox';
import type { App } from './app.ts';

declare module 'fastify' {
  interface FastifySchema {
    /** Statuses of the errors with which this route responds, besides those that `problemsOf` derives. */
    problems?: readonly number[];
  }
}

/** The `security` of a route for signed-in users, also by an API key. */
export const signedIn = [{ session: [] }, { apiKey: [] }] as const;

/** The `security` of a route for which an API key does not count. */
export const withSession = [{ session: [] }] as const;

/** The `security` of a route for callers that have a key. */
export const withKey = [{ key: [] }] as const;

/** The `problems` of a route that uses the database. */
export const databaseProblems = [503, 504] as const;

/**
 * Serves the OpenAPI 3.1 description of the app, generated from the schemas of its routes, at /api/<name>/openapi.json.
 * It is generated on the first request: that takes longer than starting a task, and few tasks ever receive one.
 */
export function publishOpenApi(app: App, name: string): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));

  let document: Promise<object> | undefined;
  app.get(`/api/${name}/openapi.json`, { schema: { hide: true } }, () => (document ??= describe(name, routes)));
}

const securitySchemes = {
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-session',
    description: 'Set by registering and signing in. Over plain HTTP, as on a laptop, its name is `session`.',
  },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'Made by POST /api/auth/keys.' },
  key: { type: 'http', scheme: 'bearer' },
} as const;

/** See problem.ts. */
const problem = (description: string) => ({
  description,
  content: {
    'application/problem+json': {
      schema: Type.Object({
        type: Type.String(),
        title: Type.String(),
        status: Type.Integer(),
        detail: Type.Optional(Type.String()),
        errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), detail: Type.String() }))),
        requestId: Type.String(),
      }),
    },
  },
});

/** Returns the statuses of the errors with which a route can respond, sorted, besides those of a fault in it. */
function problemsOf(
  method: string,
  { limit, priority }: FastifyContextConfig,
  { querystring, params, headers, security, problems = [] }: FastifySchema,
): number[] {
  const hasBody = method !== 'GET';
  const isChecked =
    hasBody || params || headers || !(querystring as { additionalProperties?: boolean }).additionalProperties;
  return [
    ...new Set([
      ...problems,
      ...(isChecked ? [400] : []),
      ...(limit !== 'none' ? [429] : []),
      ...(priority !== 'health' ? [503] : []),
      // Refused from pages of other origins. A body is read from every request that has one, whether the route uses it or not.
      ...(hasBody ? [403, 408, 413, 415] : []),
      ...(security ? [401] : []),
    ]),
  ].toSorted((a, b) => a - b);
}

async function describe(name: string, routes: RouteOptions[]): Promise<object> {
  const [{ fastify }, { default: swagger }] = await Promise.all([import('fastify'), import('@fastify/swagger')]);
  const description = fastify({ exposeHeadRoutes: false });
  const named = new Set(routes.flatMap(({ schema }) => (schema?.security ?? []).flatMap((each) => Object.keys(each))));
  const used = Object.entries(securitySchemes).filter(([scheme]) => named.has(scheme));
  await description.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: `Headroom ${name}`, version: '1' },
      ...(used.length > 0 && { components: { securitySchemes: Object.fromEntries(used) } }),
    },
  });
  description.setValidatorCompiler(() => () => true);
  description.setSerializerCompiler(() => JSON.stringify);
  for (const { method, url, schema = {}, config = {} } of routes.filter((route) => route.method !== 'HEAD')) {
    const problems = problemsOf(String(method), config, schema).map((status) => [
      status,
      problem(STATUS_CODES[status] as string),
    ]);
    const response = {
      ...(schema.response as object),
      ...Object.fromEntries(problems),
      default: problem('Any other error, as RFC 9457 problem details'),
    };
    description.route({ method, url, schema: { ...schema, response }, handler: () => {} });
  }
  await description.ready();
  return description.swagger();
}
