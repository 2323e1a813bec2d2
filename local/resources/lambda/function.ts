import { Type, type Static } from 'typebox';

import type { Host } from '../../host/host.ts';
import type { Handles } from '../../kernel/handles.ts';
import { defineResource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import { platformEnvironment } from '../platform-environment.ts';
import { arnOf } from '../arn.ts';
import { readableName } from '../readable-name.ts';
import { invokeFunction } from './function-process.ts';

export interface LambdaFunction {
  readonly name: string;
  /**
   * Resolves with the result of the handler.
   * @throws Error when it throws, takes too long, or cannot be run on a laptop
   */
  invoke(event: unknown, signal: AbortSignal): Promise<unknown>;
}

const text = Type.Optional(Type.String());

const properties = Type.Object({
  FunctionName: text,
  Handler: text,
  Runtime: text,
  Code: Type.Object(
    {
      S3Key: text,
      ZipFile: text,
      ImageUri: text,
      ...ignored('The asset is read from the cloud assembly.', 'S3Bucket S3ObjectVersion SourceKMSKeyArn'),
    },
    closed,
  ),
  Layers: Type.Array(Type.String(), { default: [] }),
  Environment: Type.Object(
    { Variables: Type.Record(Type.String(), Type.String(), { default: {} }) },
    { ...closed, default: {} },
  ),
  /** In seconds. */
  Timeout: Type.Number({ default: 3 }),
  PackageType: text,
  ...ignored('An invocation is a process of this machine.', 'Architectures EphemeralStorage MemorySize VpcConfig'),
  ...ignored('A process is started for each invocation.', 'ReservedConcurrentExecutions SnapStart'),
  ...ignored('The AWS endpoint of a laptop checks no permissions.', 'Role'),
  ...ignored('A laptop encrypts nothing at rest.', 'KmsKeyArn'),
  ...ignored('Logs are files in .headroom/logs.', 'LoggingConfig TracingConfig'),
  ...ignored('The Node that runs this runs the functions.', 'RuntimeManagementConfig'),
  ...ignored('Nothing on a laptop invokes a function from a queue.', 'RecursiveLoop'),
  ...ignored('It does not change what runs.', 'Description Tags'),
});

/** A function is run on demand, each invocation in a process of its own. */
export const lambdaFunction = (host: Host, functions: Handles<LambdaFunction>) =>
  defineResource('AWS::Lambda::Function', {
    properties,
    replaceOn: ['FunctionName', 'PackageType'],
    async up({ logicalId, properties: stated }) {
      const name = stated.FunctionName ?? readableName(logicalId);
      const arn = functionArn(host, name);
      functions.set(arn, { name, invoke: (event, signal) => invoke(host, name, stated, event, signal) });
      return { ref: name, attributes: { Arn: arn }, remove: async () => functions.delete(arn) };
    },
    update: 'up',
  });

export const functionArn = (host: Pick<Host, 'region' | 'accountId'>, name: string): string =>
  arnOf(host, 'lambda', `function:${name}`);

/** Functions that cannot be run are refused here, and not at the start: CDK adds some that nothing invokes on a laptop. */
async function invoke(
  host: Host,
  name: string,
  { Runtime = '', Code, Handler, Environment, Layers, Timeout }: Static<typeof properties>,
  event: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const remedy = 'A laptop runs functions of Node.js from a directory: give it such a runtime and Code.fromAsset.';
  if (Code.S3Key === undefined || Handler === undefined) {
    throw new Error(`function ${name} has no asset to run. ${remedy}`);
  }
  if (!Runtime.startsWith('nodejs')) throw new Error(`function ${name} is in ${Runtime}. ${remedy}`);
  if (Layers.length > 0) throw new Error(`function ${name} has layers. Bundle what they bring into its asset.`);
  return invokeFunction({
    name,
    directory: host.assets.file(Code.S3Key),
    handler: Handler,
    environment: { ...platformEnvironment(host), AWS_LAMBDA_FUNCTION_NAME: name, ...Environment.Variables },
    timeoutMs: Timeout * 1000,
    log: host.log(name),
    children: host.children,
    event,
    signal,
  });
}
