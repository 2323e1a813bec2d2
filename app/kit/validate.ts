import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/**
 * Checks a part of a request against its schema. A body is taken as it is. The rest of a request is text: what the schema
 * wants as a number becomes one if it reads as one. (TypeBox's own conversion also makes 1 of `1.5` and of `true`.)
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

function readNumbers(given: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const read = { ...given };
  for (const name of names) {
    const text = given[name];
    if (typeof text === 'string' && /^-?\d+(\.\d+)?$/.test(text)) read[name] = Number(text);
  }
  return read;
}
