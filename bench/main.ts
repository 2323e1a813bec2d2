/** `npm run bench`: compares requests per second, side by side, as ratios. */
import { Command, InvalidArgumentError } from 'commander';

import { tolerateClosedOutput } from '../local/host/output.ts';
import { compare } from './compare.ts';
import { comparisonsOf } from './comparisons.ts';
import { costsOf } from './rules.ts';
import { startSubjects } from './subjects.ts';

const number = (text: string): number => {
  const value = Number(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('It is a number over 0.');
};
const { rounds, seconds, only } = new Command('npm run bench --')
  .description(
    "Runs the whole system, the articles' own code and a bare server, and compares their requests per second as ratios of " +
      'slices that alternate. Stop other work on the machine first.',
  )
  .option('--rounds <n>', 'how often each comparison is made', number, 7)
  .option('--seconds <n>', 'how long each slice of it takes', number, 2)
  .option('--only <text>', 'only the comparisons whose name contains this', '')
  .parse()
  .opts<{ rounds: number; seconds: number; only: string }>();
tolerateClosedOutput(() => process.exit());

console.log('starting the system …');
const subjects = await startSubjects();
let stopping: Promise<void> | undefined;
const stop = () => (stopping ??= subjects.stop());
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stop().then(() => process.exit(130)));
try {
  for (const comparison of comparisonsOf(subjects).filter(({ name }) => name.includes(only))) {
    const { of, to, median, min, max } = await compare(comparison, { rounds, seconds });
    const { name, promised } = comparison;
    const verdict = promised === undefined ? ' ' : median >= promised ? '✔' : '✘';
    console.log(
      `${verdict} ${name}: ${median.toFixed(2)} (${min.toFixed(2)}-${max.toFixed(2)})${promised === undefined ? '' : `, promised ${promised}`}`,
    );
    console.log(`    ${comparison.of.name} ${of.toFixed(0)}/s, ${comparison.to.name} ${to.toFixed(0)}/s`);
  }
  if ('rules'.includes(only)) {
    const costs = await costsOf(subjects.redis, { rounds, seconds });
    console.log('CPU of a cached response, in us, with each rule added to those before:');
    for (const [i, { name, total }] of costs.entries())
      console.log(
        `    ${name}: ${total.toFixed(1)}${i === 0 ? '' : `, ${(total - costs[i - 1]!.total).toFixed(1)} more`}`,
      );
  }
} finally {
  await stop();
}
process.exit();
