import { Type, type Static } from 'typebox';

import type { Driver, Identity, Runtime } from '../../kernel/driver.ts';
import { invokeFunction } from './function-process.ts';
import { platformEnvironment } from '../platform-environment.ts';
import { accept } from '../../kernel/accept.ts';
import { notRun } from '../aws.ts';
import { readableName } from '../readable-name.ts';

declare module '../../kernel/driver.ts' {
  interface PartTypes {
    function: LambdaFunction;
  }
}

export interface LambdaFunction {
  /** Answers what the handler returns; rejects with the message of what it throws, or when it takes too long. */
  invoke(event: unknown): Promise<unknown>;
}

const only = { additionalProperties: false };

const functionProperties = Type.Object(
  {
    FunctionName: Type.Optional(Type.String()),
    Handler: Type.String(),
    Runtime: Type.String(),
    Code: Type.Object({ S3Key: Type.String(), S3Bucket: Type.Optional(Type.Unknown()) }, only),
    Environment: Type.Object(
      { Variables: Type.Record(Type.String(), Type.String(), { default: {} }) },
      { ...only, default: {} },
    ),
    /** In seconds. */
    Timeout: Type.Number({ default: 3 }),
    PackageType: Type.Optional(Type.Literal('Zip')),
    // A function runs on demand, on this machine, as whoever started it.
    ...notRun(
      `Architectures Description EphemeralStorage KmsKeyArn LoggingConfig MemorySize RecursiveLoop
      ReservedConcurrentExecutions Role RuntimeManagementConfig SnapStart Tags TracingConfig VpcConfig`,
    ),
  },
  only,
);

const versionProperties = Type.Object(
  {
    FunctionName: Type.String(),
    ...notRun('CodeSha256 Description FunctionScalingConfig ProvisionedConcurrencyConfig RuntimePolicy'),
  },
  only,
);

/** Functions run on demand, each invocation in a process of its own. */
export const lambda: Driver = {
  types: ['AWS::Lambda::Function', 'AWS::Lambda::Version'],
  async up(resource, runtime): Promise<Identity> {
    if (resource.type === 'AWS::Lambda::Version') {
      const { FunctionName } = accept(resource, versionProperties, resource.properties);
      const { arn, part } = findFunction(FunctionName, runtime);
      const ref = `${arn}:1`;
      runtime.parts.set('function', ref, part);
      return { ref, attributes: { FunctionArn: ref, Version: '1' } };
    }
    const definition = accept(resource, functionProperties, resource.properties);
    const name = definition.FunctionName ?? readableName(resource.logicalId);
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

async function invoke(
  name: string,
  { Runtime: language, Code, Handler, Environment, Timeout }: Static<typeof functionProperties>,
  event: unknown,
  runtime: Runtime,
): Promise<unknown> {
  // Only now: CDK brings functions that nobody calls here, in whatever language.
  if (!language.startsWith('nodejs')) throw new Error(`function ${name} is in ${language}; a laptop runs Node.js only`);
  return invokeFunction({
    name,
    directory: runtime.assets.file(Code.S3Key),
    handler: Handler,
    environment: {
      ...platformEnvironment(runtime),
      AWS_REGION: runtime.region,
      AWS_LAMBDA_FUNCTION_NAME: name,
      ...Environment.Variables,
    },
    timeoutMs: Timeout * 1000,
    log: runtime.log(name),
    children: runtime.children,
    event,
    signal: runtime.stopping,
  });
}
