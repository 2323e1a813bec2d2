import { attributeReference, intrinsicCall, placeholder, substitution } from './intrinsics.ts';

/** A reference from a value of a template to something else. */
export type Reference =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'import'; readonly exportName: unknown }
  | { readonly kind: 'output'; readonly stack: unknown; readonly output: unknown; readonly region?: unknown };

/** Returns all references in a value. Of `Fn::If`, only the branch that applies counts. */
export function references(value: unknown, condition: (name: string) => boolean): Reference[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = (inner: unknown): Reference[] =>
    Object.values(inner ?? {}).flatMap((item: unknown) => references(item, condition));
  const call = intrinsicCall(value);
  if (call === undefined) return inside(value);
  const { name, argument } = call;
  switch (name) {
    case 'Ref':
      return [{ kind: 'name', name: String(argument) }];
    case 'Fn::GetAtt':
      return [{ kind: 'name', name: attributeReference(argument)[0] }];
    case 'Fn::ImportValue':
      return [{ kind: 'import', exportName: argument }];
    case 'Fn::GetStackOutput': {
      const { StackName, OutputName, Region } = argument as Record<string, unknown>;
      return [{ kind: 'output', stack: StackName, output: OutputName, region: Region }];
    }
    case 'Fn::Sub': {
      const { text, variables } = substitution(argument);
      const names = [...text.matchAll(placeholder)]
        .filter(([, literal, variable]) => literal === '' && !Object.hasOwn(variables, variable ?? ''))
        .map(([, , variable]): Reference => ({ kind: 'name', name: (variable ?? '').split('.')[0] ?? '' }));
      return [...names, ...inside(variables)];
    }
    case 'Fn::If': {
      const [test, whenTrue, whenFalse] = argument as [string, unknown, unknown];
      return references(condition(test) ? whenTrue : whenFalse, condition);
    }
    case 'Condition':
      return [];
    default:
      return inside(argument);
  }
}
