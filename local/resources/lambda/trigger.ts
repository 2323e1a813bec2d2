import { join } from 'node:path';

import type { Driver } from '../../kernel/driver.ts';

/** CDK's triggers: a function that runs on deploy, between what it comes after and what it comes before. */
export const trigger: Driver = {
  types: ['Custom::Trigger'],
  async up({ logicalId, properties }, runtime) {
    const arn = properties['HandlerArn'] as string;
    const name = arn.split(':')[6] ?? logicalId;
    runtime.report.starting(name);
    try {
      await runtime.parts.get('function', arn).invoke({});
    } catch (error) {
      const log = join(runtime.stateDir, 'logs', `${name}.log`);
      throw new Error(`${(error as Error).message}\n  Its log: ${log}`, { cause: error });
    }
    runtime.report.ready(name);
    return { ref: logicalId };
  },
};
