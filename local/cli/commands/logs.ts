import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Command, InvalidArgumentError } from 'commander';

import { Refusal } from '../../kernel/refusal.ts';
import { followLogs } from '../follow-logs.ts';
import { isMetrics, parseLines, parseSince } from '../log-lines.ts';
import { stateOption } from '../options.ts';

const shownLines = 200;

interface Options {
  readonly follow?: true;
  readonly since?: string;
  readonly state: string;
}

export const logsCommand = (): Command =>
  new Command('logs')
    .description('Shows the last lines of a log, without those of metrics. Without a name, lists the logs.')
    .argument('[name]', 'a service, a database, load-balancer, edge, or all for every log')
    .option('-f, --follow', 'also shows new lines, until Ctrl-C')
    .option('--since <time>', 'shows the lines since 30s, 10m or 2h ago, or since an ISO 8601 time', (text) => {
      const since = parseSince(text);
      if (since === undefined) throw new InvalidArgumentError('Write 30s, 10m, 2h, 1d or an ISO 8601 time.');
      return since;
    })
    .addOption(stateOption())
    .action(showLogs);

async function showLogs(name: string | undefined, { follow, since, state }: Options): Promise<void> {
  const directory = join(state, 'logs');
  const names = existsSync(directory)
    ? readdirSync(directory)
        .filter((file) => file.endsWith('.log'))
        .map((file) => file.slice(0, -'.log'.length))
    : [];
  if (name === undefined) {
    if (names.length === 0) throw new Refusal(`There are no logs in ${directory}: the system has not run yet.`);
    console.log(['all', ...names.toSorted()].join('\n'));
    return;
  }
  const sources = name === 'all' ? names : names.filter((each) => each === name);
  if (sources.length === 0) {
    const known = names.length === 0 ? 'The system has not run yet.' : `Logs: all, ${names.toSorted().join(', ')}`;
    throw new Refusal(`There is no log of "${name}" in ${directory}. ${known}`);
  }
  // Loaded here because no other command, such as start, needs it.
  const { createFormatter } = await import('../log-format.ts');
  const format = createFormatter(process.stdout.hasColors?.() ?? false);
  const following = follow ? followLogs(directory, sources) : undefined;
  const lines = sources
    .flatMap((source) => parseLines(source, readFileSync(join(directory, `${source}.log`), 'utf8')))
    .filter((line) => !isMetrics(line))
    .toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const shown = since === undefined ? lines.slice(-shownLines) : lines.filter(({ time }) => time >= since);
  for (const line of shown) console.log(format(line));
  if (following === undefined) return;
  for await (const line of following) if (!isMetrics(line)) console.log(format(line));
}
