import type { Static, TObject } from 'typebox';
import { Value } from 'typebox/value';
import type { Resource } from './driver.ts';
import { Refusal } from './refusal.ts';

/**
 * A resource's properties (or one list of its attributes), checked against what its driver honours: CloudFormation's
 * text numbers and booleans become real ones, defaults are filled in. Throws one refusal that names everything the laptop would not do as AWS
 * does; what is harmless to leave undone is in the schema as `Type.Unknown()`.
 *
 * `NoInfer` keeps the compiler from deriving the schema back from how the result is used, which took it ten seconds.
 */
export function accept<S extends TObject>(
  { stack, logicalId, type }: Resource,
  schema: S,
  value: unknown,
  of = 'Properties',
): NoInfer<Static<S>> {
  const converted = Value.Convert(schema, Value.Default(schema, Value.Clone(value)));
  if (Value.Check(schema, converted)) return converted;
  const faults = new Set<string>();
  for (const error of Value.Errors(schema, converted)) {
    const at = of + error.instancePath.replaceAll('/', '.');
    if (error.keyword === 'additionalProperties') {
      for (const name of error.params.additionalProperties) faults.add(`${at}.${name} is not supported`);
    } else if (error.keyword !== 'boolean') {
      faults.add(`${at} = ${JSON.stringify(Value.Pointer.Get(converted, error.instancePath))} ${error.message}`);
    }
  }
  throw new Refusal(
    `${stack}/${logicalId} (${type}) cannot be run here as the template states it:\n- ${[...faults].join('\n- ')}`,
  );
}
