import { Command } from 'commander';

import { connect } from '../../client.ts';
import { stateOption } from '../options.ts';

export const applyCommand = (): Command =>
  new Command('apply')
    .description('Synthesizes again and updates the resources that differ, while the others keep running.')
    .addOption(stateOption())
    .action(async ({ state }: { state: string }) => {
      const changes = await connect(state).apply();
      const lines = Object.entries(changes).flatMap(([change, keys]) =>
        (keys as string[]).map((key) => `${change} ${key}`),
      );
      console.log(lines.length === 0 ? 'Nothing differs.' : lines.join('\n'));
    });
