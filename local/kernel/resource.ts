import type { Static, TObject } from 'typebox';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

import type { PartChange } from './events.ts';
import { Refusal } from './refusal.ts';
import { closed } from './schema.ts';

/** A resource of a template, its intrinsics and dynamic references resolved. */
export interface Resource<P = unknown> {
  /** Unique over all stacks: `stack/logicalId`. */
  readonly key: string;
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** Validated, with defaults, without what is ignored. */
  readonly properties: P;
}

/** What a resource that is up offers to the templates, to people and to programs. */
export interface Running {
  /** The result of `Ref`. */
  readonly ref: string;
  /** The results of `Fn::GetAtt`; a nested attribute has its dotted name, such as `Endpoint.Address`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Resolves when it does its work, such as a service whose tasks are healthy. Nothing else waits for it but the start. */
  readonly steady?: () => Promise<void>;
  /** Shown when it is ready, such as `port 5432`. */
  readonly detail?: () => string;
  /** What `status` shows of it: some of the sections of local/status.ts. */
  readonly describe?: () => object | Promise<object>;
  readonly actions?: Readonly<Record<string, Action>>;
  /** Called after everything that refers to it has stopped. What it stored stays for the next start. */
  readonly stop?: () => Promise<void>;
  /** Called instead of `stop` when the resource leaves the template or is replaced while the system runs. */
  readonly remove?: () => Promise<void>;
}

/** What the engine gives a resource. */
export interface Context {
  /** Aborted when the system is to stop: an `up` that waits for something long gives up. */
  readonly stopping: AbortSignal;
  /** Reports a change of a task or a server that belongs to the resource. */
  readonly part: (id: string, change: PartChange, message?: string) => void;
  /** Reports something worth a line for a person, such as a task that died. */
  readonly note: (message: string) => void;
}

/** A resource that is up, with the properties it was brought up with. */
export interface Up<P> {
  readonly resource: Resource<P>;
  readonly running: Running;
}

/** How a resource type is run. */
export interface ResourceSpec<S extends TObject> {
  /** The properties that are honoured, and those that are `ignored`. All others are refused by name. */
  readonly properties: S;
  /** The properties whose change makes CloudFormation replace the resource. @default - none */
  readonly replaceOn?: readonly (keyof Static<S> & string)[];
  /** The name people know it by. @default - none: the resource is not shown while starting */
  label?(resource: Resource<Static<S>>): string;
  /**
   * Resolves when others can use the resource. A rejection fails the start with its message; what was started for the
   * resource has been stopped by then.
   */
  up(resource: Resource<Static<S>>, context: Context): Promise<Running>;
  /**
   * Brings a running resource to changed properties. `'up'`: `up` does so for one that exists.
   * @default - it is stopped and brought up again, and what refers to it is updated too
   */
  readonly update?: 'up' | ((previous: Up<Static<S>>, next: Resource<Static<S>>, context: Context) => Promise<Running>);
}

/** A resource type that is run; made by `defineResource`. */
export interface ResourceDefinition {
  readonly type: string;
  readonly properties: TObject;
  readonly replaceOn: readonly string[];
  label(resource: Resource): string | undefined;
  up(resource: Resource, context: Context): Promise<Running>;
  readonly update?: (previous: Up<unknown>, next: Resource, context: Context) => Promise<Running>;
}

/** A resource type that is declared in templates and not run; made by `declareOnly`. */
export interface DeclaredOnly {
  readonly type: string;
  /** Service and resource type of its ARN, such as `ec2:vpc`. */
  readonly arn: string;
  /** Why a laptop does without it. */
  readonly reason: string;
}

export type Definition = ResourceDefinition | DeclaredOnly;

/** A definition of any type; the engine hands it properties that its own schema has validated. */
export function defineResource<S extends TObject>(
  type: string,
  spec: ResourceSpec<NoInfer<S>> & { properties: S },
): ResourceDefinition {
  const erased = spec as unknown as ResourceSpec<TObject>;
  const { update } = erased;
  const up: ResourceDefinition['up'] = (resource, context) => erased.up(resource as Resource<Static<TObject>>, context);
  return {
    type,
    properties: Type.Object(spec.properties.properties, closed),
    replaceOn: spec.replaceOn ?? [],
    label: (resource) => spec.label?.(resource as Resource<Static<S>>),
    up,
    update:
      update === 'up' ? (_previous, next, context) => up(next, context) : (update as ResourceDefinition['update']),
  };
}

export const declareOnly = (type: string, arn: string, reason: string): DeclaredOnly => ({ type, arn, reason });

export const isRun = (definition: Definition): definition is ResourceDefinition => 'up' in definition;

/** Something that can be done to a resource while it runs. */
export interface Action {
  readonly parameters: TObject;
  /** @throws Refusal when the parameters are not what the schema describes */
  run(parameters: unknown): Promise<unknown>;
}

export function action<S extends TObject>(parameters: S, run: (parameters: Static<S>) => unknown): Action {
  return {
    parameters,
    async run(given) {
      if (!Value.Check(parameters, given)) {
        const faults = Value.Errors(parameters, given).map(({ instancePath, message }) =>
          `${instancePath.slice(1)} ${message}`.trim(),
        );
        throw new Refusal(`The parameters ${JSON.stringify(given)} are not valid: ${faults.join('; ')}`);
      }
      return run(given);
    },
  };
}
