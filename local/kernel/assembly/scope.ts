import { noValue, resolveIntrinsics, type Scope } from './intrinsics.ts';
import { TemplateError, type Stack } from './template.ts';

/**
 * Resolves what a stack's template does not define itself: attributes of running resources and values of other stacks.
 */
export interface Surroundings {
  readonly ref: (logicalId: string) => string;
  readonly attribute: (logicalId: string, name: string) => string;
  readonly importValue: (exportName: string) => unknown;
  readonly stackOutput: (stack: string, output: string, region: string) => unknown;
}

/** Returns the scope of one stack. Parameters have their default values. */
export function scopeOf(stack: Stack, surroundings: Surroundings): Scope {
  const { Parameters = {}, Conditions = {}, Mappings = {} } = stack.template;
  const pseudo = pseudoParameters(stack);
  const conditions = new Map<string, boolean | 'evaluating'>();
  const fail = (message: string): never => {
    throw new TemplateError(`stack ${stack.name}: ${message}`);
  };

  const scope: Scope = {
    ref(name) {
      if (Object.hasOwn(pseudo, name)) return pseudo[name];
      const parameter = Parameters[name];
      return parameter === undefined ? surroundings.ref(name) : parameterValue(name, parameter);
    },
    attribute: surroundings.attribute,
    importValue: surroundings.importValue,
    stackOutput: (name, output, region = stack.region) => surroundings.stackOutput(name, output, region),
    condition(name) {
      const known = conditions.get(name);
      if (known === 'evaluating') return fail(`condition ${name} depends on itself`);
      if (known !== undefined) return known;
      if (!Object.hasOwn(Conditions, name)) return fail(`there is no condition ${name}`);
      conditions.set(name, 'evaluating');
      const value = resolveIntrinsics(Conditions[name], scope, `Conditions.${name}`);
      if (typeof value !== 'boolean') return fail(`condition ${name} is ${JSON.stringify(value)}, not true or false`);
      conditions.set(name, value);
      return value;
    },
    mapping(name, top, second) {
      return Mappings[name]?.[top]?.[second] ?? fail(`the mappings have no ${name}.${top}.${second}`);
    },
    zones: (region) => ['a', 'b', 'c'].map((zone) => (region === '' ? stack.region : region) + zone),
  };
  return scope;

  function parameterValue(name: string, { Type, Default }: { Type: string; Default?: unknown }): unknown {
    if (Default === undefined)
      return fail(`parameter ${name} has no default, and the local runtime takes no parameter values`);
    if (Type.startsWith('AWS::SSM::'))
      return fail(`parameter ${name} comes from SSM, which the local runtime does not have`);
    return Type === 'CommaDelimitedList' || Type.startsWith('List<')
      ? (Default as string).split(',').map((item) => item.trim())
      : Default;
  }
}

function pseudoParameters({ name, region, accountId }: Stack): Readonly<Record<string, unknown>> {
  return {
    'AWS::AccountId': accountId,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': name,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/local`,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': noValue,
  };
}
