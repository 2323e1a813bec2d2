interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/**
 * Returns the places in which a value of schema `provided` could break `contract`, as text. Knows the keywords that
 * contracts use; any other keyword in a contract is reported too.
 */
export function breaches(provided: Schema | undefined, contract: Schema, path = ''): string[] {
  if (provided === undefined) return [`${path} is missing`];
  const { type, enum: values, format, minimum, items, properties = {}, required = [], ...unknown } = contract;
  const own: [boolean, string][] = [
    [type !== undefined && provided.type !== type, `has type ${String(provided.type)}, not ${String(type)}`],
    [format !== undefined && provided.format !== format, `has format ${provided.format}, not ${format}`],
    [minimum !== undefined && !((provided.minimum ?? -Infinity) >= minimum), `may be less than ${minimum}`],
    [values !== undefined && !within(provided, values), `may have other values than ${values?.join(', ')}`],
    ...Object.keys(unknown).map((keyword): [boolean, string] => [true, `cannot be checked for ${keyword}`]),
    ...required.map((name): [boolean, string] => [!provided.required?.includes(name), `may lack ${name}`]),
  ];
  return [
    ...own.filter(([broken]) => broken).map(([, fault]) => `${path} ${fault}`),
    ...(items === undefined ? [] : breaches(provided.items, items, `${path}/*`)),
    ...Object.entries(properties).flatMap(([name, schema]) =>
      breaches(provided.properties?.[name], schema, `${path}/${name}`),
    ),
  ];
}

function within(provided: Schema, values: readonly unknown[]): boolean {
  const possible = provided.enum ?? ('const' in provided ? [provided.const] : undefined);
  return possible?.every((value) => values.includes(value)) ?? false;
}
