import { Command } from 'commander';

import { connect } from '../../client.ts';
import { readInbox } from '../inbox.ts';
import { stateOption } from '../options.ts';

export const inboxCommand = (): Command =>
  new Command('inbox')
    .description('Shows the mails that were sent.')
    .addOption(stateOption())
    .action(async ({ state }: { state: string }) => {
      const { endpoint } = await connect(state).status();
      const mails = await readInbox(endpoint);
      for (const { at, from, to, subject, text } of mails) {
        console.log(`${at}  ${from} -> ${to.join(', ')}\n${subject}\n${text.replace(/^/gm, '    ')}\n`);
      }
      console.log(mails.length === 1 ? '1 mail' : `${mails.length} mails`);
    });
