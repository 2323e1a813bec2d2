import { join } from 'node:path';

import { parse } from '@aws-sdk/util-arn-parser';
import { Type } from 'typebox';

import type { Host } from '../../host/host.ts';
import type { Handles } from '../../kernel/handles.ts';
import { defineResource, type Context, type Resource, type Running } from '../../kernel/resource.ts';
import { ignored } from '../../kernel/schema.ts';
import type { LambdaFunction } from './function.ts';

/**
 * CDK's triggers invoke a function when they are created and when they change, between what they come after and what they
 * come before. Source: node_modules/aws-cdk-lib/triggers/README.md
 */
export function trigger({ stateDir }: Pick<Host, 'stateDir'>, functions: Pick<Handles<LambdaFunction>, 'get'>) {
  return defineResource('Custom::Trigger', {
    properties: Type.Object({
      HandlerArn: Type.String(),
      InvocationType: Type.Optional(Type.Union([Type.Literal('RequestResponse'), Type.Literal('Event')])),
      ExecuteOnHandlerChange: Type.Boolean({ default: true }),
      ...ignored('The function has a timeout of its own.', 'Timeout'),
      ...ignored('The function that AWS needs in between is not run.', 'ServiceToken'),
    }),
    // The resource of the ARN is `function:NAME:VERSION`.
    label: ({ properties }) => parse(properties.HandlerArn).resource.split(':')[1] ?? '',
    up: invoke,
    async update({ running }, next, context) {
      return next.properties.ExecuteOnHandlerChange ? invoke(next, context) : running;
    },
  });

  async function invoke(
    {
      logicalId,
      properties: { HandlerArn, InvocationType },
    }: Resource<{ HandlerArn: string; InvocationType?: string }>,
    { stopping, note }: Context,
  ): Promise<Running> {
    const handler = functions.get(HandlerArn);
    const result = handler.invoke({}, stopping).catch((error: unknown) => {
      const log = join(stateDir, 'logs', `${handler.name}.log`);
      throw new Error(`${(error as Error).message}\n  Its log: ${log}`, { cause: error });
    });
    if (InvocationType === 'Event') result.catch((error: Error) => note(error.message));
    else await result;
    return { ref: logicalId };
  }
}
