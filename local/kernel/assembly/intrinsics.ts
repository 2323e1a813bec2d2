import { subnets } from './cidr.ts';
import { TemplateError } from './template.ts';

/** Looks up the values that intrinsics of one stack refer to. Every method throws for an unknown name. */
export interface Scope {
  /** A pseudo parameter, a parameter or a resource. */
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  condition(name: string): boolean;
  mapping(name: string, top: string, second: string): unknown;
  importValue(exportName: string): unknown;
  /** @param region of the other stack. @default - that of this one */
  stackOutput(stack: string, output: string, region?: string): unknown;
  zones(region: string): readonly string[];
}

/** The value of `AWS::NoValue`: a property or list item with this value is left out. */
export const noValue = Symbol('AWS::NoValue');

type Resolve = (value: unknown, path: string) => unknown;
type Intrinsic = (argument: unknown, resolve: Resolve, scope: Scope, path: string) => unknown;

/**
 * Replaces every intrinsic in a value of a template by its result.
 *
 * @param path of the value in the template, for error messages
 * @throws TemplateError with the name and path of the intrinsic
 */
export function resolveIntrinsics(value: unknown, scope: Scope, path: string): unknown {
  const walk: Resolve = (inner, at) => {
    if (Array.isArray(inner))
      return inner.map((item, i) => walk(item, `${at}[${i}]`)).filter((item) => item !== noValue);
    if (typeof inner !== 'object' || inner === null) return inner;
    const call = intrinsicCall(inner);
    if (call !== undefined) return invoke(call.name, call.argument, at);
    return Object.fromEntries(
      Object.entries(inner)
        .map(([key, item]) => [key, walk(item, `${at}.${key}`)] as const)
        .filter(([, item]) => item !== noValue),
    );
  };
  const invoke = (name: string, argument: unknown, at: string): unknown => {
    const intrinsic = intrinsics[name];
    if (intrinsic === undefined) throw new TemplateError(`${at}: ${name} is not a supported intrinsic`);
    try {
      return intrinsic(argument, walk, scope, `${at}.${name}`);
    } catch (error) {
      if (error instanceof TemplateError) throw error;
      throw new TemplateError(`${at}: ${name}: ${(error as Error).message}`, { cause: error });
    }
  };
  return walk(value, path);
}

/** Returns the name and argument of a call such as `{"Ref": "Bucket"}`; undefined for any other object. */
export function intrinsicCall(value: object): { name: string; argument: unknown } | undefined {
  const [entry, ...others] = Object.entries(value) as [string, unknown][];
  if (entry === undefined || others.length > 0) return undefined;
  const [name, argument] = entry;
  const isCall = name === 'Ref' || name.startsWith('Fn::') || (name === 'Condition' && typeof argument === 'string');
  return isCall ? { name, argument } : undefined;
}

/** Returns the logical id and attribute of a `Fn::GetAtt`, which takes a list or a dotted string. */
export function attributeReference(argument: unknown, resolve: Resolve = (value) => value): [string, string] {
  if (typeof argument === 'string') {
    const dot = argument.indexOf('.');
    if (dot > 0) return [argument.slice(0, dot), argument.slice(dot + 1)];
  }
  const [logicalId, attribute] = list(argument, 2);
  return [text(logicalId), text(resolve(attribute, 'attribute'))];
}

/** Returns the text and variables of a `Fn::Sub`, which takes a string or a list of both. */
export function substitution(argument: unknown): { text: string; variables: Readonly<Record<string, unknown>> } {
  if (typeof argument === 'string') return { text: argument, variables: {} };
  const [template, variables] = list(argument, 2);
  return { text: text(template), variables: record(variables) };
}

/** `${Name}`, and `${!Literal}`, which stands for the text `${Literal}`. */
export const placeholder = /\$\{(!?)([^}]*)\}/g;

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, _resolve, scope) => scope.ref(text(argument)),
  Condition: (argument, _resolve, scope) => scope.condition(text(argument)),
  'Fn::GetAtt': (argument, resolve, scope) => scope.attribute(...attributeReference(argument, resolve)),
  'Fn::ImportValue': (argument, resolve, scope, path) => scope.importValue(text(resolve(argument, path))),
  'Fn::GetStackOutput': (argument, resolve, scope, path) => {
    const { StackName, OutputName, Region } = record(resolve(argument, path));
    return scope.stackOutput(text(StackName), text(OutputName), Region === undefined ? undefined : text(Region));
  },
  'Fn::Join': (argument, resolve, _scope, path) => {
    const [delimiter, values] = list(argument, 2);
    return list(resolve(values, path)).map(text).join(text(delimiter));
  },
  'Fn::Split': (argument, resolve, _scope, path) => {
    const [delimiter, value] = list(argument, 2);
    if (delimiter === '') throw new Error('the delimiter is empty');
    return text(resolve(value, path)).split(text(delimiter));
  },
  'Fn::Select': (argument, resolve, _scope, path) => {
    const [index, values] = list(argument, 2);
    const position = Number(resolve(index, path));
    const choices = list(resolve(values, path));
    if (!(position in choices)) throw new Error(`there is no item ${position} in a list of ${choices.length}`);
    return choices[position];
  },
  'Fn::Sub': (argument, resolve, scope, path) => {
    const { text: template, variables } = substitution(argument);
    return template.replace(placeholder, (_match, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return text(resolve(variables[name], path));
      return text(name.includes('.') ? scope.attribute(...attributeReference(name)) : scope.ref(name));
    });
  },
  'Fn::Base64': (argument, resolve, _scope, path) =>
    Buffer.from(text(resolve(argument, path)), 'utf8').toString('base64'),
  'Fn::Cidr': (argument, resolve, _scope, path) => {
    const [block, count, hostBits] = list(resolve(argument, path), 3);
    return subnets(text(block), Number(count), Number(hostBits));
  },
  'Fn::FindInMap': (argument, resolve, scope, path) => {
    const [name, top, second] = list(resolve(argument, path), 3);
    return scope.mapping(text(name), text(top), text(second));
  },
  'Fn::GetAZs': (argument, resolve, scope, path) => scope.zones(text(resolve(argument, path))),
  'Fn::If': (argument, resolve, scope, path) => {
    const [condition, whenTrue, whenFalse] = list(argument, 3);
    return resolve(scope.condition(text(condition)) ? whenTrue : whenFalse, path);
  },
  'Fn::Equals': (argument, resolve, _scope, path) => {
    const [left, right] = list(resolve(argument, path), 2);
    return text(left) === text(right);
  },
  'Fn::And': (argument, resolve, _scope, path) => list(argument).every((item) => truth(resolve(item, path))),
  'Fn::Or': (argument, resolve, _scope, path) => list(argument).some((item) => truth(resolve(item, path))),
  'Fn::Not': (argument, resolve, _scope, path) => !truth(resolve(list(argument, 1)[0], path)),
};

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`expected a string and got ${show(value)}`);
}

function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Error(`expected a condition and got ${show(value)}`);
  return value;
}

function list(value: unknown, length?: number): readonly unknown[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
    throw new Error(`expected a list${length === undefined ? '' : ` of ${length}`} and got ${show(value)}`);
  }
  return value;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`expected an object and got ${show(value)}`);
  }
  return value as Record<string, unknown>;
}

function show(value: unknown): string {
  return typeof value === 'symbol' ? 'AWS::NoValue' : (JSON.stringify(value) ?? 'nothing');
}
