import type { FastifySchemaCompiler } from 'fastify';
import { Type, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { App } from './app.ts';

/**
 * Checks a part of a request against its schema. A body is checked as it is. The other parts are text, so a value becomes a
 * number where the schema wants one and the text is a plain number. (TypeBox's own conversion also turns `1.5` and `true`
 * into 1.)
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const { properties = {} }: { properties?: Record<string, { type?: string }> } = schema;
  const numbers = Object.keys(properties).filter((name) => /integer|number/.test(properties[name]?.type ?? ''));
  const isText = httpPart !== 'body' && numbers.length > 0;
  return (given: Record<string, unknown>) => {
    const value = isText ? readNumbers(given, numbers) : given;
    return validator.Check(value) ? { value } : { error: validator.Errors(value) };
  };
};

/**
 * Makes all routes added from now on refuse query parameters that their schema does not declare, so that a misspelt `limit`
 * is a 400 and not ignored. A route that declares `AnyQuery` accepts all of them.
 */
export function refuseUnknownParameters(app: App): void {
  app.addHook('onRoute', (route) => {
    const querystring = { additionalProperties: false, ...(route.schema?.querystring ?? Type.Object({})) };
    route.schema = { ...route.schema, querystring };
  });
}

/** For pages and health checks: links to them carry tracking parameters, and monitors append parameters to defeat caches. */
export const AnyQuery = Type.Object({}, { additionalProperties: true });

function readNumbers(given: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const read = { ...given };
  for (const name of names) {
    const text = given[name];
    if (typeof text === 'string' && /^-?\d+(\.\d+)?$/.test(text)) read[name] = Number(text);
  }
  return read;
}
