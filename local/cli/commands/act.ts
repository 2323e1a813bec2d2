import { Command } from 'commander';

import { connect } from '../../client.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { stateOption } from '../options.ts';

export const actCommand = (): Command =>
  new Command('act')
    .description(
      'Runs an action of a resource, such as `act redis-group pause`. Without arguments, lists resources and actions.',
    )
    .argument('[resource]', 'name or key of the resource')
    .argument('[action]', 'such as restart, kill, pause, resume')
    .argument('[parameters...]', 'such as task=catalog-1a2b')
    .addOption(stateOption())
    .action(
      async (
        resource: string | undefined,
        action: string | undefined,
        parameters: readonly string[],
        { state }: { state: string },
      ) => {
        const client = connect(state);
        if (resource === undefined || action === undefined) {
          const { resources } = await client.status();
          const listed = resources.filter(({ actions, key, label }) => {
            const matches = resource === undefined || resource === key || resource === label;
            return actions.length > 0 && matches;
          });
          if (resource !== undefined && listed.length === 0) {
            throw new Refusal(`There is no resource ${resource} that has actions. npm run local -- act lists them.`);
          }
          for (const { label, key, actions } of listed) console.log(`${label ?? key}: ${actions.join(', ')}`);
          return;
        }
        const result = await client.act(resource, action, Object.fromEntries(parameters.map(parseParameter)));
        if (result !== null) console.log(JSON.stringify(result));
      },
    );

/** Parses `name=value`. Numbers and booleans are converted. */
function parseParameter(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new Refusal(`"${text}" is not a parameter. Write name=value.`);
  const value = text.slice(at + 1);
  return [text.slice(0, at), /^(true|false|-?\d+(\.\d+)?)$/.test(value) ? JSON.parse(value) : value];
}
