/** The parts of a CloudFormation template that the local runtime reads. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources?: Readonly<Record<string, ResourceDefinition>>;
  readonly Outputs?: Readonly<Record<string, Output>>;
}

/** A resource as the template declares it, with unresolved intrinsics. */
export interface ResourceDefinition {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
}

export interface Output {
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
  readonly Condition?: string;
}

export interface Stack {
  readonly name: string;
  readonly region: string;
  readonly accountId: string;
  readonly template: Template;
}

/** Says what is wrong with a template, and where. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
