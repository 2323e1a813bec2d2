import { validate } from '@aws-sdk/util-arn-parser';
import { Type } from 'typebox';

import type { Host } from '../../host/host.ts';
import type { Handles } from '../../kernel/handles.ts';
import { defineResource } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import { functionArn, type LambdaFunction } from './function.ts';

/** A version is the function as it was when the version was published, under a number of its own. */
export function version(host: Pick<Host, 'region' | 'accountId'>, functions: Handles<LambdaFunction>) {
  const published = new Map<string, number>();
  return defineResource('AWS::Lambda::Version', {
    properties: Type.Object({
      FunctionName: Type.String(),
      ...ignored('A process is started for each invocation.', 'FunctionScalingConfig ProvisionedConcurrencyConfig'),
      ...ignored('The Node that runs this runs the functions.', 'RuntimePolicy'),
      ...ignored('Assets are found by their hash.', 'CodeSha256'),
      ...ignored('It does not change what runs.', 'Description'),
    }),
    replaceOn: ['FunctionName'],
    async up({ properties: { FunctionName } }) {
      const arn = validate(FunctionName) ? FunctionName : functionArn(host, FunctionName);
      const current = functions.get(arn);
      const number = (published.get(arn) ?? 0) + 1;
      published.set(arn, number);
      const ref = `${arn}:${number}`;
      functions.set(ref, current);
      const attributes = { FunctionArn: ref, Version: String(number) };
      return { ref, attributes, remove: async () => functions.delete(ref) };
    },
  });
}
