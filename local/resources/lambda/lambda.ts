import type { Host } from '../../host/host.ts';
import { Handles } from '../../kernel/handles.ts';
import { lambdaFunction, type LambdaFunction } from './function.ts';
import { trigger } from './trigger.ts';
import { version } from './version.ts';

/** Functions, by ARN and by the ARN of a version, and the triggers that invoke them while the system starts. */
export function lambda({ host }: { readonly host: Host }) {
  const functions = new Handles<LambdaFunction>('function');
  return {
    definitions: [lambdaFunction(host, functions), version(host, functions), trigger(host, functions)],
    functions,
  };
}
