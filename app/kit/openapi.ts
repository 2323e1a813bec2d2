import type { RouteOptions } from 'fastify';
import { Type } from 'typebox';
import type { App } from './app.ts';

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

/** The response of every status that a route does not declare; see problem.ts. */
const problem = {
  description: 'An error, as RFC 9457 problem details',
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
};

async function describe(name: string, routes: RouteOptions[]): Promise<object> {
  const [{ fastify }, { default: swagger }] = await Promise.all([import('fastify'), import('@fastify/swagger')]);
  const description = fastify({ exposeHeadRoutes: false });
  await description.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: `Headroom ${name}`, version: '1' } },
  });
  description.setValidatorCompiler(() => () => true);
  description.setSerializerCompiler(() => JSON.stringify);
  for (const { method, url, schema } of routes.filter((route) => route.method !== 'HEAD')) {
    const response = { ...(schema?.response as object), default: problem };
    description.route({ method, url, schema: { ...schema, response }, handler: () => {} });
  }
  await description.ready();
  return description.swagger();
}
