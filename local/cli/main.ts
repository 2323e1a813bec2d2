import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Command } from 'commander';

import { tolerateClosedOutput } from '../host/output.ts';
import { explain } from '../kernel/refusal.ts';
import { actCommand } from './commands/act.ts';
import { applyCommand } from './commands/apply.ts';
import { inboxCommand } from './commands/inbox.ts';
import { killCommand } from './commands/kill.ts';
import { localstackCommand } from './commands/localstack.ts';
import { logsCommand } from './commands/logs.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';

const root = resolve(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { version: string };

const program = new Command('npm run local --')
  .description('Runs the system on this machine.')
  .showSuggestionAfterError()
  .helpCommand(false)
  // When stdout is closed, the system keeps running; every other command exits.
  .hook('preAction', (_program, command) =>
    tolerateClosedOutput(command.name() === 'start' ? () => undefined : () => process.exit()),
  );
for (const command of [
  startCommand(),
  applyCommand(),
  statusCommand(),
  logsCommand(),
  killCommand(),
  actCommand(),
  inboxCommand(),
  localstackCommand(),
]) {
  program.addCommand(command.version(version).copyInheritedSettings(program));
}
program.version(version);

try {
  await program.parseAsync();
} catch (error) {
  if (process.env['DEBUG']) console.error(error);
  else console.error(explain(error));
  process.exitCode = 1;
}
// Exits even if something is still open, such as a connection.
process.exit();
