import type { Static, TObject } from 'typebox';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

import type { PartChange } from './events.ts';
import { Refusal } from './refusal.ts';
import { closed } from './schema.ts';

/** A resource of a template, with its intrinsics and dynamic references resolved. */
export interface Resource<P = unknown> {
  /** Unique over all stacks: `stack/logicalId`. */
  readonly key: string;
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** Validated, with defaults filled in and ignored properties removed. */
  readonly properties: P;
}

/** A running resource, as the templates, `status` and the actions use it. */
export interface Running {
  /** The result of `Ref`. */
  readonly ref: string;
  /** The results of `Fn::GetAtt`; a nested attribute has its dotted name, such as `Endpoint.Address`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /**
   * Resolves when the resource is fully working, such as a service with healthy tasks. Only start and apply wait for
   * it.
   */
  readonly steady?: () => Promise<void>;
  /** Shown when the resource is ready, such as `port 5432`. */
  readonly detail?: () => string;
  /** Returns what `status` shows: some of the sections in local/status.ts. */
  readonly describe?: () => object | Promise<object>;
  readonly actions?: Readonly<Record<string, Action>>;
  /** Called after everything that refers to the resource has stopped. Stored data stays for the next start. */
  readonly stop?: () => Promise<void>;
  /** Called instead of `stop` when the resource is removed from the template or replaced while the system runs. */
  readonly remove?: () => Promise<void>;
}

/** What the engine passes to a resource. */
export interface Context {
  /** Aborted when the system begins to stop, so that a long wait in `up` ends early. */
  readonly stopping: AbortSignal;
  /** Returns whether the whole system is up: false while it starts and from when it begins to stop. */
  readonly isUp: () => boolean;
  /** Reports a change of a task or a server that belongs to the resource. */
  readonly part: (id: string, change: PartChange, message?: string) => void;
  /** Prints a line on the console, such as for a task that ended unexpectedly. */
  readonly note: (message: string) => void;
}

/** A running resource and the properties it was brought up with. */
export interface Up<P> {
  readonly resource: Resource<P>;
  readonly running: Running;
}

/** Defines how resources of one type run. */
export interface ResourceSpec<S extends TObject> {
  /** The supported properties and the `ignored` ones. Any other property is refused by name. */
  readonly properties: S;
  /** The properties that CloudFormation changes by replacing the resource. @default - none */
  readonly replaceOn?: readonly (keyof Static<S> & string)[];
  /** The displayed name. @default - none: start-up output does not show the resource */
  label?(resource: Resource<Static<S>>): string | undefined;
  /**
   * Resolves when other resources can use this one. A rejection fails the start with its message; before it rejects, it
   * stops everything that it has started.
   */
  up(resource: Resource<Static<S>>, context: Context): Promise<Running>;
  /**
   * Applies changed properties to a running resource. `'up'` calls `up` again.
   * @default - the resource is stopped and brought up again, and resources that refer to it are updated
   */
  readonly update?: 'up' | ((previous: Up<Static<S>>, next: Resource<Static<S>>, context: Context) => Promise<Running>);
}

/** A resource type that runs here; created by `defineResource`. */
export interface ResourceDefinition {
  readonly type: string;
  readonly properties: TObject;
  readonly replaceOn: readonly string[];
  label(resource: Resource): string | undefined;
  up(resource: Resource, context: Context): Promise<Running>;
  readonly update?: (previous: Up<unknown>, next: Resource, context: Context) => Promise<Running>;
}

/** A resource type that templates may declare and that does not run here; created by `declareOnly`. */
export interface DeclaredOnly {
  readonly type: string;
  /** The service and resource type in its ARN, such as `ec2:vpc`. */
  readonly arn: string;
  /** Why a laptop does not need it. */
  readonly reason: string;
}

export type Definition = ResourceDefinition | DeclaredOnly;

/** Creates the definition of a type. The engine validates the properties against the schema before it calls `up`. */
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

/** An operation on a running resource. */
export interface Action {
  readonly parameters: TObject;
  /** @throws Refusal if the parameters do not match the schema */
  run(parameters: unknown): Promise<unknown>;
}

export function action<S extends TObject>(parameters: S, run: (parameters: Static<S>) => unknown): Action {
  return {
    parameters,
    async run(given) {
      if (!Value.Check(parameters, given)) {
        const faults = Value.Errors(parameters, given).flatMap((error) => {
          // An unknown parameter also fails the schema `false`, which says nothing more.
          if (error.keyword === 'boolean') return [];
          if (error.keyword === 'additionalProperties') {
            return error.params.additionalProperties.map((name) => `there is no parameter ${name}`);
          }
          return [`${error.instancePath.slice(1)} ${error.message}`.trim()];
        });
        throw new Refusal(`The parameters ${JSON.stringify(given)} are not valid: ${faults.join('; ')}`);
      }
      return run(given);
    },
  };
}
