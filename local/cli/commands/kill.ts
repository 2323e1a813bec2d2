import { Command } from 'commander';

import { connect } from '../../client.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { stateOption } from '../options.ts';

export const killCommand = (): Command =>
  new Command('kill')
    .description('Kills a task with SIGKILL, as a machine failure would. Its service starts another.')
    .argument('<task>', 'id of the task, as shown by status')
    .addOption(stateOption())
    .action(async (task: string, { state }: { state: string }) => {
      const client = connect(state);
      const { services } = await client.status();
      const service = services.find(({ tasks }) => tasks.some(({ id }) => id === task));
      if (service === undefined) throw new Refusal(`There is no task ${task}. npm run local -- status lists them.`);
      await client.act(service.key, 'kill', { task });
      console.log(`killed ${task}`);
    });
