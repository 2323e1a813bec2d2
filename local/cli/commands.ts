import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { askControl } from './control.ts';
import type { Status } from '../kernel/driver.ts';
import { Refusal } from '../kernel/refusal.ts';
import { readInbox } from './inbox.ts';
import { describeStatus } from './summary.ts';

/** What another terminal asks of the runtime that runs on a state folder. Each answers an exit code. */

export async function status(stateDir: string, asJson: boolean): Promise<number> {
  const answer = await readStatus(stateDir);
  console.log(asJson ? JSON.stringify(answer, undefined, 2) : describeStatus(answer));
  return 0;
}

export async function kill(stateDir: string, taskId: string): Promise<number> {
  if (taskId === '') throw new Refusal('Which task? npm run local -- status lists them.');
  await askControl(stateDir, 'DELETE', `/tasks/${encodeURIComponent(taskId)}`);
  console.log(`killed ${taskId}`);
  return 0;
}

/** The last lines of a log, also when nothing runs. */
export async function logs(stateDir: string, source: string, follow: boolean): Promise<number> {
  const directory = join(stateDir, 'logs');
  const file = join(directory, `${source}.log`);
  if (source === '' || !existsSync(file)) {
    const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.log')) : [];
    const known = names.map((name) => name.slice(0, -'.log'.length)).join(', ');
    throw new Refusal(
      `There is no log of "${source}" in ${directory}. ${known === '' ? 'Nothing ran yet.' : `Logs: ${known}`}`,
    );
  }
  const [code] = (await once(
    spawn('tail', ['-n', '200', ...(follow ? ['-F'] : []), file], { stdio: 'inherit' }),
    'exit',
  )) as [number | null];
  return code ?? 0;
}

export async function inbox(stateDir: string): Promise<number> {
  const { endpoint } = await readStatus(stateDir);
  const mails = await readInbox(endpoint);
  for (const { at, from, to, subject, text } of mails) {
    console.log(`${at}  ${from} -> ${to.join(', ')}\n${subject}\n${text.replace(/^/gm, '    ')}\n`);
  }
  console.log(mails.length === 1 ? '1 mail' : `${mails.length} mails`);
  return 0;
}

const readStatus = async (stateDir: string): Promise<Status> =>
  (await askControl(stateDir, 'GET', '/status')) as Status;
