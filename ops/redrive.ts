/** `npm run redrive`: moves the messages of a dead-letter queue back to its queue, on AWS and on a laptop. */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { Command, InvalidArgumentError } from 'commander';

import { connect } from '../local/client.ts';
import { tolerateClosedOutput } from '../local/host/output.ts';
import { peek } from './dead-letters.ts';
import type { Letter } from './letter.ts';
import { move } from './move.ts';
import { findQueues } from './queues.ts';
import { summarize } from './summary.ts';

interface Options {
  readonly env: string;
  readonly rate: number;
  readonly max: number;
  readonly only: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly state: string;
}

/** How many messages are looked at to say what there is. */
const sample = 500;

const number = (text: string): number => {
  const value = Number(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('It is a number over 0.');
};

const command = new Command('npm run redrive --')
  .description(
    'Shows what is in the dead-letter queue of a service or worker, and moves it back to the queue once you confirm. On AWS it ' +
      "uses the shell's credentials and region.",
  )
  .argument('<queue>', 'name of the service or worker, or of its queue')
  .option('--env <name>', 'environment; local is the system that runs on this machine', 'local')
  .option('--dry-run', 'only shows what there is')
  .option('--yes', 'does not ask')
  .option('--rate <n>', 'most messages per second', number, 10)
  .option('--max <n>', 'most messages', number, Number.POSITIVE_INFINITY)
  .option('--only <text>', 'only messages whose type or failure contains this', '')
  .option('--state <folder>', 'state folder of the local system', resolve(import.meta.dirname, '../.headroom'))
  .parse();
const [given = ''] = command.args;
const options = command.opts<Options>();
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
tolerateClosedOutput(() => stopping.abort());

try {
  process.exitCode = await redrive(await connectSqs(options));
} catch (error) {
  console.error(stopping.signal.aborted ? 'Stopped.' : (error as Error).message);
  process.exitCode = stopping.signal.aborted ? 130 : 1;
}

/** @throws Refusal if no local system is running */
async function connectSqs({ env, state }: Options): Promise<SQSClient> {
  if (env !== 'local' || process.env['AWS_ENDPOINT_URL'] !== undefined) return new SQSClient();
  const { endpoint } = await connect(resolve(state)).status();
  return new SQSClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}

async function redrive(sqs: SQSClient): Promise<number> {
  const { env, rate, max, only, dryRun, yes } = options;
  const name = given.startsWith('headroom-') ? given : `headroom-${env}-${given}`;
  const queues = await findQueues(sqs, name);
  const matches = ({ type, failure }: Letter) => type.includes(only) || failure.includes(only);
  const letters = await peek(sqs, queues.deadUrl, sample);
  const matching = letters.filter(matches);
  if (matching.length === 0) {
    console.log(`No dead letters of ${name}${only === '' ? '' : ` contain "${only}"`}.`);
    return 0;
  }
  const count = Math.max(queues.count, letters.length);
  const looked = letters.length < count ? `, of the ${letters.length} that were looked at` : '';
  console.log(`About ${count} dead letters of ${name}${looked}:\n${summarize(matching, new Date())}`);
  if (dryRun) return 0;
  if (!yes && !(await confirm(`Move them back, at most ${rate} a second? [y/N] `))) return 1;

  const showProgress = reporter();
  const { moved, errors } = await move(sqs, queues, {
    rate,
    max,
    matches,
    signal: stopping.signal,
    onProgress: (done) => showProgress(`moved ${done}`),
  });
  const { count: left } = await findQueues(sqs, name);
  console.log(`Moved ${moved} to ${name}; about ${left} are left.`);
  for (const error of new Set(errors)) console.error(`Not moved: ${error}`);
  if (stopping.signal.aborted) return 130;
  return errors.length === 0 ? 0 : 1;
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Error('Nobody can confirm here: pass --yes, or --dry-run to look only.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test(await terminal.question(question, { signal: stopping.signal }));
  } finally {
    terminal.close();
  }
}

/** Returns a function that prints progress, at most once a second, and not in the first one. */
function reporter(): (text: string) => void {
  let next = performance.now() + 1000;
  return (text) => {
    if (performance.now() < next) return;
    next = performance.now() + 1000;
    console.error(text);
  };
}
