/** The parts of a template that references between stacks use. */
interface Template {
  readonly Resources: Readonly<Record<string, { readonly Properties?: unknown }>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>>;
}

export interface StackTemplate {
  readonly stackName: string;
  readonly template: Template;
}

interface Deployed {
  readonly template: Template;
  /** Values of the outputs, by name. */
  readonly outputs: ReadonlyMap<string, string>;
  /** The value behind each reference to another stack when this stack was last updated. */
  readonly read: ReadonlyMap<string, string>;
}

/** Stacks in an account: what `cdk deploy` and CloudFormation do with references between them. */
export class Account {
  readonly #stacks = new Map<string, Deployed>();

  /**
   * Deploys stacks in this order. As the CDK CLI, skips a stack whose template is unchanged.
   * @throws Error for what CloudFormation refuses: a reference to an output that does not exist, or the removal or change
   * of an export that another stack imports
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-importvalue.html
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
   */
  deploy(stacks: readonly StackTemplate[]): void {
    for (const { stackName, template } of stacks) {
      if (JSON.stringify(this.#stacks.get(stackName)?.template) === JSON.stringify(template)) continue;
      const read = new Map(referencesIn(template).map((name) => [name, this.#valueOf(name)]));
      const outputs = new Map(
        Object.entries(template.Outputs ?? {}).map(([name, { Value }]) => [name, valueOf(Value, template)]),
      );
      const before = this.#stacks.get(stackName);
      this.#stacks.set(stackName, { template, outputs, read });
      for (const [name, { Export }] of Object.entries(before?.template.Outputs ?? {})) {
        if (Export && outputs.get(name) !== before?.outputs.get(name)) this.#refuseIfImported(Export.Name);
      }
    }
  }

  /** Returns the references whose value has changed since the stack that holds them was updated, as `stack: reference`. */
  stale(): string[] {
    return [...this.#stacks].flatMap(([name, { read }]) =>
      [...read].filter(([reference, value]) => this.#find(reference) !== value).map(([it]) => `${name}: ${it}`),
    );
  }

  #valueOf(reference: string): string {
    const value = this.#find(reference);
    if (value === undefined) throw new Error(`${reference} does not exist`);
    return value;
  }

  #find(reference: string): string | undefined {
    for (const [stackName, { template, outputs }] of this.#stacks) {
      for (const [name, { Export }] of Object.entries(template.Outputs ?? {})) {
        if (reference === `${stackName}.${name}` || reference === Export?.Name) return outputs.get(name);
      }
    }
    return undefined;
  }

  #refuseIfImported(name: string): void {
    for (const [user, { read }] of this.#stacks) {
      if (read.has(name)) throw new Error(`export ${name} cannot be changed or removed: ${user} imports it`);
    }
  }
}

/** Returns the references to other stacks, as `stack.output` or as the name of an export. */
export function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'Fn::ImportValue') return [String(inner)];
    if (key !== 'Fn::GetStackOutput') return referencesIn(inner);
    const { StackName, OutputName } = inner as { readonly StackName: string; readonly OutputName: string };
    return [`${StackName}.${OutputName}`];
  });
}

/** A value that differs whenever a resource in it may have been replaced: it contains all their properties. */
const valueOf = (value: unknown, { Resources }: Template): string =>
  JSON.stringify([
    value,
    Object.entries(Resources)
      .filter(([id]) => JSON.stringify(value).includes(`"${id}"`))
      .map(([, { Properties }]) => Properties),
  ]);
