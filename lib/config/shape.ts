import { nearest, suggest } from './suggest.ts';

/**
 * The keys and types that plain data must have. Node runs the settings without checking their types, so they are checked at
 * run time. Not a TypeBox schema: loading TypeBox takes 85 ms of a synth, and its errors are not in the words of a person
 * who edits settings.
 */
export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | { readonly oneOf: readonly unknown[] }
  | { readonly listOf: Shape }
  /** An object whose keys are names that are free to choose. */
  | { readonly mapOf: Shape }
  /** `required` says for each key without a default what to give. */
  | { readonly keys: Readonly<Record<string, Shape>>; readonly required?: Readonly<Record<string, string>> };

/** The shape of a type. A shape declared as `ShapeOf<T>` that lacks a key of T, or has another, fails the type check. */
export type ShapeOf<T> = [T] extends [boolean]
  ? boolean extends T
    ? 'boolean'
    : { readonly oneOf: readonly T[] }
  : [T] extends [number]
    ? 'number' | { readonly oneOf: readonly T[] }
    : [T] extends [string]
      ? string extends T
        ? 'string'
        : { readonly oneOf: readonly T[] }
      : T extends readonly (infer Item)[]
        ? { readonly listOf: ShapeOf<Item> }
        : string extends keyof T
          ? { readonly mapOf: ShapeOf<T[keyof T]> }
          : { readonly keys: { readonly [Key in keyof T]-?: ShapeOf<NonNullable<T[Key]>> } } & RequiredPart<T>;

type RequiredKeys<T> = { [Key in keyof T]-?: undefined extends T[Key] ? never : Key }[keyof T];
type RequiredPart<T> = [RequiredKeys<T>] extends [never]
  ? unknown
  : { readonly required: Readonly<Record<RequiredKeys<T>, string>> };

/**
 * Returns the keys and values that do not fit the shape, each by its path, such as `tasks.max is "4", a string: give a
 * number`. A key that is undefined counts as left out.
 */
export function shapeFaults(value: unknown, shape: Shape, path = ''): string[] {
  const is = `${path || 'the value'} is ${shown(value)}`;
  if (typeof shape === 'string') return typeof value === shape ? [] : [`${is}: give a ${shape}`];
  if ('oneOf' in shape) {
    if (shape.oneOf.includes(value)) return [];
    const allowed = shape.oneOf.map(String);
    if (typeof value !== typeof shape.oneOf[0]) return [`${is}: give one of ${allowed.join(', ')}`];
    return [`${path} is ${JSON.stringify(value)}: ${suggest(String(value), allowed)}`];
  }
  if ('listOf' in shape) {
    if (!Array.isArray(value)) return [`${is}: give a list`];
    return value.flatMap((item, index) => shapeFaults(item, shape.listOf, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${is}: give an object`];
  const within = (key: string): string => (path === '' ? key : `${path}.${key}`);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if ('mapOf' in shape) return entries.flatMap(([key, item]) => shapeFaults(item, shape.mapOf, within(key)));
  const { keys, required = {} } = shape;
  const names = Object.keys(keys);
  // A misspelt key is one fault: the right one is not missing as well.
  const meant = new Set(entries.map(([key]) => (names.includes(key) ? key : nearest(key, names))));
  return [
    ...entries.flatMap(([key, item]) =>
      names.includes(key)
        ? shapeFaults(item, keys[key]!, within(key))
        : [`there is no setting ${within(key)}: ${suggest(key, names)}`],
    ),
    ...Object.entries(required)
      .filter(([key]) => !meant.has(key))
      .map(([key, what]) => `${within(key)} is missing: give ${what}`),
  ];
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `${JSON.stringify(value)}, a string`;
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}, a ${typeof value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
