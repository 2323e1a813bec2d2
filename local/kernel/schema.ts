import { Type, type Static, type TObject, type TSchema } from 'typebox';
import { Value } from 'typebox/value';

import { Refusal } from './refusal.ts';

/** Options of every object schema: a property that nobody reads is refused by name. */
export const closed = { additionalProperties: false };

/**
 * Properties that are accepted and have no effect on a laptop, for spreading into an object schema at any depth. They are
 * removed from the value, so the schema's type does not show them.
 *
 * @param reason why having no effect is right, as a sentence
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

/** The resource that a refused value belongs to. */
export interface Subject {
  readonly key: string;
  readonly type: string;
}

/**
 * Checks a value against the schema of what is honoured. Text numbers and booleans, which CloudFormation accepts, are
 * converted, defaults are filled in, ignored properties are removed.
 *
 * `NoInfer` keeps the compiler from deriving the schema back from how the result is used, which takes it ten seconds.
 *
 * @param of where the value stands, for the message
 * @throws Refusal that lists everything the laptop would not do as AWS does
 */
export function accept<S extends TObject>(
  { key, type }: Subject,
  schema: S,
  value: unknown,
  of = 'Properties',
): NoInfer<Static<S>> {
  const converted = Value.Convert(schema, Value.Default(schema, Value.Clone(value)));
  if (Value.Check(schema, converted)) return withoutIgnored(schema, converted) as Static<S>;
  const faults = new Set<string>();
  for (const error of Value.Errors(schema, converted)) {
    const at = of + error.instancePath.replaceAll('/', '.');
    if (error.keyword === 'additionalProperties') {
      for (const name of error.params.additionalProperties) faults.add(`${at}.${name} is not supported`);
    } else if (error.keyword !== 'boolean') {
      faults.add(`${at} = ${JSON.stringify(Value.Pointer.Get(converted, error.instancePath))} ${error.message}`);
    }
  }
  throw new Refusal(`${key} (${type}) cannot be run here as the template states it:\n- ${[...faults].join('\n- ')}`);
}

type Shape = TSchema & {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly ignored?: string;
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
