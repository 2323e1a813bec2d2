import { Command } from 'commander';

import { connect } from '../../client.ts';
import { stateOption } from '../options.ts';
import { describeStatus } from '../summary.ts';

export const statusCommand = (): Command =>
  new Command('status')
    .description('Shows services with their tasks, queues, databases and Redis.')
    .option('--json', 'prints JSON')
    .addOption(stateOption())
    .action(async ({ json, state }: { json?: true; state: string }) => {
      const status = await connect(state).status();
      console.log(json ? JSON.stringify(status, undefined, 2) : describeStatus(status));
    });
