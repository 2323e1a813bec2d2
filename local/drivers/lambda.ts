import type { Driver, Identity, Runtime } from '../driver.ts';
import { invokeFunction } from '../tasks/function-process.ts';
import { platformEnvironment } from '../tasks/platform-environment.ts';
import { readableName } from '../readable-name.ts';

declare module '../driver.ts' {
  interface PartTypes {
    function: LambdaFunction;
  }
}

export interface LambdaFunction {
  /** Answers what the handler returns; rejects with the message of what it throws, or when it takes too long. */
  invoke(event: unknown): Promise<unknown>;
}

interface FunctionProperties {
  readonly FunctionName?: string;
  readonly Handler?: string;
  readonly Runtime?: string;
  readonly Code: { readonly S3Key?: string };
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
  readonly Timeout?: number;
}

/** Functions run on demand, each invocation in a process of its own. */
export const lambda: Driver = {
  types: ['AWS::Lambda::Function', 'AWS::Lambda::Version'],
  async up({ type, logicalId, properties }, runtime): Promise<Identity> {
    if (type === 'AWS::Lambda::Version') {
      const { arn, part } = findFunction(properties['FunctionName'] as string, runtime);
      const ref = `${arn}:1`;
      runtime.parts.set('function', ref, part);
      return { ref, attributes: { FunctionArn: ref, Version: '1' } };
    }
    const definition = properties as unknown as FunctionProperties;
    const name = definition.FunctionName ?? readableName(logicalId);
    const arn = arnOf(name, runtime);
    runtime.parts.set('function', arn, { invoke: (event) => invoke(name, definition, event, runtime) });
    return { ref: name, attributes: { Arn: arn } };
  },
};

const arnOf = (name: string, { region, accountId }: Runtime): string =>
  `arn:aws:lambda:${region}:${accountId}:function:${name}`;

function findFunction(nameOrArn: string, runtime: Runtime): { arn: string; part: LambdaFunction } {
  const arn = nameOrArn.startsWith('arn:') ? nameOrArn : arnOf(nameOrArn, runtime);
  return { arn, part: runtime.parts.get('function', arn) };
}

async function invoke(name: string, definition: FunctionProperties, event: unknown, runtime: Runtime) {
  const { Handler = 'index.handler', Code, Environment, Timeout = 3 } = definition;
  if (!definition.Runtime?.startsWith('nodejs') || Code.S3Key === undefined) {
    throw new Error(`function ${name} is not Node.js in an asset (${definition.Runtime}); a laptop runs no other`);
  }
  return invokeFunction({
    name,
    directory: runtime.assets.file(Code.S3Key),
    handler: Handler,
    environment: {
      ...platformEnvironment(runtime),
      AWS_REGION: runtime.region,
      AWS_LAMBDA_FUNCTION_NAME: name,
      ...Environment?.Variables,
    },
    timeoutMs: Timeout * 1000,
    log: runtime.log(name),
    children: runtime.children,
    event,
    signal: runtime.stopping,
  });
}
