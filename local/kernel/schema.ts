import { Type, type Static, type TObject, type TSchema } from 'typebox';
import { Value } from 'typebox/value';

import { Refusal } from './refusal.ts';

/** Options of every object schema: an unknown property is refused by name. */
export const closed = { additionalProperties: false };

/**
 * Properties that are accepted and have no effect on a laptop. Spread them into an object schema at any depth. They are
 * removed from the value and are not part of its type.
 *
 * @param reason a sentence that says why they need no effect
 * @param names separated by white space
 */
export function ignored(reason: string, names: string): object {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, Type.Optional(Type.Unknown({ ignored: reason }))]),
  );
}

/** The resource that a value belongs to, for error messages. */
export interface Subject {
  readonly key: string;
  readonly type: string;
}

/**
 * Validates a value against a schema. Converts numbers and booleans given as strings, as CloudFormation does, fills in
 * defaults and removes ignored properties.
 *
 * `NoInfer` stops the compiler from inferring the schema from the use of the result, which takes ten seconds.
 *
 * @param path of the value, for the message
 * @throws Refusal that lists every unsupported property and value
 */
export function accept<S extends TObject>(
  { key, type }: Subject,
  schema: S,
  value: unknown,
  path = 'Properties',
): NoInfer<Static<S>> {
  const converted = Value.Convert(schema, Value.Default(schema, Value.Clone(value)));
  if (Value.Check(schema, converted)) return withoutIgnored(schema, converted) as Static<S>;
  const faults = new Set<string>();
  for (const error of Value.Errors(schema, converted)) {
    const at = path + error.instancePath.replaceAll('/', '.');
    if (error.keyword === 'additionalProperties') {
      for (const name of error.params.additionalProperties) faults.add(`${at}.${name} is not supported`);
    } else if (error.keyword !== 'boolean') {
      const found = Value.Pointer.Get(converted, error.instancePath);
      // The items of a list can fill a screen.
      const shown = Array.isArray(found) ? `${found.length} items` : JSON.stringify(found);
      const { remedy } = (schema.properties[error.instancePath.slice(1)] ?? {}) as Shape;
      faults.add(`${at} = ${shown} ${error.message}${remedy === undefined ? '' : `. ${remedy}`}`);
    }
  }
  throw new Refusal(`${key} (${type}) cannot be run here as the template declares it:\n- ${[...faults].join('\n- ')}`);
}

type Shape = TSchema & {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly ignored?: string;
  /** A sentence that says what to do if the value of this property of a resource is refused. */
  readonly remedy?: string;
};

function withoutIgnored(schema: Shape, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => withoutIgnored(items, item));
  }
  const { properties } = schema;
  if (properties === undefined || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => properties[name]?.ignored === undefined)
      .map(([name, item]) => [name, properties[name] ? withoutIgnored(properties[name], item) : item]),
  );
}
